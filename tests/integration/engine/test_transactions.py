"""The transactions of a worker, against a real broker: what they hold, and who may commit them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import Consumer, TopicPartition

from streams.core.config import LaneConfig
from streams.core.ports import BatchAborted, Fenced
from streams.core.records import Output
from streams.fencing import settled_ends
from streams.group_reader import GroupReader, Position
from streams.kafka_log import PartitionLog
from streams.membership import Membership
from streams.producer import ProducerBroken
from streams.topics import CASES, PAYMENTS, changelog_topic
from tests.integration.engine.harness import Installation
from tests.integration.engine.members import Owner, member, membership

ROWS = "customer_history"


@pytest.fixture
def reader(home: Installation) -> Iterator[GroupReader]:
    home.prepare(CASES, PAYMENTS)
    found = GroupReader(home.kafka, home.app_id)
    yield found
    found.close()


@pytest.fixture
def first(home: Installation, reader: GroupReader) -> Iterator[Membership]:
    """The only member of the group."""
    with member(home, "w1") as (_, found):
        yield found


@pytest.fixture
async def owner(home: Installation, reader: GroupReader) -> AsyncIterator[Owner]:
    made = Owner(home, reader)
    yield made
    await made.close()


async def test_a_commit_is_outputs_rows_and_positions(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """All of it becomes visible together; the changelog offset is that of the last record."""
    log = await owner.log(first)
    ends = await log.commit(
        [Output(CASES, b"k", b"v")], {ROWS: {b"a": b"1", b"b": None}}, {PAYMENTS: 7}
    )
    assert ends == {ROWS: 1}
    assert [m.value() for m in home.outputs()] == [b"v"]
    assert home.changelog_rows(ROWS) == {"a": b"1"}
    wire = home.topic(PAYMENTS)
    assert reader.committed([(wire, 0), (wire, 1)]) == {(wire, 0): 7, (wire, 1): None}
    assert reader.writers([(wire, 0), (wire, 1)]) == {f"{home.app_id}-w1"}
    # The marker of the transaction stands behind the two records.
    assert (await log.end_offsets([PAYMENTS]))[PAYMENTS] == 0
    changelog = changelog_topic(home.app_id, ROWS)
    assert reader.end_offsets([changelog], 0) == {changelog: 3}


async def test_partitions_that_wait_share_a_transaction(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """Each gets the changelog offsets of its own partition."""
    zero, one = await owner.log(first), await owner.log(first, 1)
    begun: list[None] = []
    begin = owner.producer.begin
    owner.producer.begin = lambda: (begun.append(None), begin())[1]  # type: ignore[method-assign]
    ends = await asyncio.gather(
        zero.commit([], {ROWS: {b"a": b"0", b"b": b"0"}}, {PAYMENTS: 1}),
        one.commit([Output(CASES, b"k", b"1")], {ROWS: {b"c": b"1"}}, {}),
    )
    assert len(begun) == 1
    assert ends == [{ROWS: 1}, {ROWS: 0}]
    assert home.changelog_rows(ROWS) == {"a": b"0", "b": b"0", "c": b"1"}
    wire = home.topic(PAYMENTS)
    assert reader.committed([(wire, 0), (wire, 1)]) == {(wire, 0): 1, (wire, 1): 0}


async def test_a_batch_without_new_positions_is_fenced_all_the_same(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """It repeats the last position it knows, so that the group has something to refuse."""
    log = await owner.log(first, positions={PAYMENTS: 4})
    await log.commit([], {ROWS: {b"a": b"1"}}, {})
    assert reader.committed([(home.topic(PAYMENTS), 0)]) == {(home.topic(PAYMENTS), 0): 4}
    with member(home, "w1"), pytest.raises(Fenced):
        await log.commit([], {ROWS: {b"a": b"zombie"}}, {})
    assert home.changelog_rows(ROWS) == {"a": b"1"}


async def test_the_changelogs_end_is_counted_exactly_and_after_an_abort_never_too_high(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """Too high, and a restore after a crash would leave rows out."""
    log = await owner.log(first)
    changelog = changelog_topic(home.app_id, ROWS)

    async def last_of(rows: int) -> int:
        written = {b"%d" % number: b"x" for number in range(rows)}
        return (await log.commit([], {ROWS: written}, {}))[ROWS]

    def really() -> int:
        return max(message.offset() for message in home.read(changelog))

    for rows in (1, 40, 3):
        assert await last_of(rows) == really()
    commit = owner.producer._commit

    def refused() -> None:
        owner.producer._producer.flush(10)
        raise BatchAborted("as asked for")

    owner.producer._commit = refused  # type: ignore[method-assign]
    with pytest.raises(BatchAborted):
        await last_of(5)
    owner.producer._commit = commit  # type: ignore[method-assign]
    assert await last_of(2) == really() - 6, "five records that were aborted, and their marker"
    changelogs = [(changelog, 0)]
    sources = [(home.topic(PAYMENTS), 0)]
    own = owner.producer.transactional_id
    settling = (home.kafka, reader, sources, changelogs, own, lambda: True)
    await asyncio.to_thread(settled_ends, *settling)
    log = await owner.log(first)  # assigned again: counted from the real end
    assert await last_of(1) == really()


async def test_another_process_of_the_same_name_ends_ours(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """Both by the group, which knows the name, and by the transactional id."""
    log = await owner.log(first)
    await log.commit([Output(CASES, b"k", b"before")], {}, {PAYMENTS: 1})
    with member(home, "w1") as (_, second):
        with pytest.raises(Fenced):
            await log.commit([Output(CASES, b"k", b"zombie")], {}, {PAYMENTS: 2})
        successor = Owner(home, reader)
        theirs = await successor.log(second)
        with pytest.raises(Fenced):
            await log.commit([Output(CASES, b"k", b"zombie")], {}, {PAYMENTS: 2})
        await theirs.commit([Output(CASES, b"k", b"after")], {}, {PAYMENTS: 2})
        await successor.close()
    assert [m.value() for m in home.outputs()] == [b"before", b"after"]


async def test_nothing_of_a_former_generation_is_committed(
    home: Installation, reader: GroupReader
) -> None:
    """Also not by a process that has joined again meanwhile: it has what it had then."""
    owner = Owner(home, reader)
    with member(home, "w1") as (consumer, before):
        log = await owner.log(before)
        await log.commit([Output(CASES, b"k", b"before")], {}, {PAYMENTS: 1})
        polling = threading.Event()
        poller = threading.Thread(target=_poll, args=(consumer, polling))
        poller.start()
        with member(home, "w2"):
            polling.set()
            poller.join()
            assert membership(consumer).generation > before.generation
            with pytest.raises(Fenced):
                await log.commit([Output(CASES, b"k", b"zombie")], {}, {PAYMENTS: 2})
            again = await owner.log(membership(consumer))
            with pytest.raises(Fenced):
                await log.commit([Output(CASES, b"k", b"zombie")], {}, {PAYMENTS: 2})
            await again.commit([Output(CASES, b"k", b"after")], {}, {PAYMENTS: 2})
    await owner.close()
    assert [m.value() for m in home.outputs()] == [b"before", b"after"]


def _poll(consumer: Consumer, done: threading.Event) -> None:
    while not done.is_set():
        consumer.poll(0.1)


async def test_what_a_predecessor_left_open_is_waited_for_and_then_ended(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """Killed between its positions and its commit: nobody reads before that has been aborted."""
    log = await owner.log(first)
    changelog = changelog_topic(home.app_id, ROWS)
    sources, changelogs = [(home.topic(PAYMENTS), 0)], [(changelog, 0)]
    await log.commit([], {ROWS: {b"a": b"1"}}, {PAYMENTS: 1})
    assert _settled(home, reader, sources, changelogs) == {(changelog, 0): 2}

    _left_open(owner, changelog, home.topic(PAYMENTS), first)
    assert not reader.are_stable(sources, 0.2)
    began = time.monotonic()
    ends = _settled(home, reader, sources, changelogs)
    assert time.monotonic() - began < 15, "that was the broker's timeout, not us"
    assert ends == {(changelog, 0): 4}
    with pytest.raises((Fenced, ProducerBroken)):
        owner.producer._commit()
    assert home.changelog_rows(ROWS) == {"a": b"1"}
    assert reader.committed(sources) == {sources[0]: 1}


async def test_nobody_is_ended_for_what_a_tool_wrote_beside_an_offset(
    home: Installation, reader: GroupReader
) -> None:
    """`kafka-consumer-groups` and its like may leave any text there."""
    payments = home.topic(PAYMENTS)
    tool = Consumer({"bootstrap.servers": home.kafka, "group.id": home.app_id})
    tool.commit(
        offsets=[
            TopicPartition(payments, 0, 3, metadata="somebody-else"),
            TopicPartition(payments, 1, 3, metadata=f"{home.app_id}-w7"),
        ],
        asynchronous=False,
    )
    tool.close()
    assert reader.writers([(payments, 0), (payments, 1)]) == {f"{home.app_id}-w7"}


async def test_rows_whose_marker_is_not_written_yet_are_waited_for(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """An open changelog alone holds a successor up: its end is not known before it is final."""
    log = await owner.log(first)
    changelog = changelog_topic(home.app_id, ROWS)
    await log.commit([], {ROWS: {b"a": b"1"}}, {PAYMENTS: 1})
    owner.producer.begin()
    owner.producer.produce(changelog, b"a", b"2", partition=0)
    owner.producer._producer.flush(10)
    ender, began = threading.Timer(0.6, owner.producer.commit, ([], b"")), time.monotonic()
    ender.start()
    ends = _settled(home, reader, [(home.topic(PAYMENTS), 0)], [(changelog, 0)])
    # Behind the last row. Whether its marker counts depends on when it was written: between the
    # two questions (end, committed end) it makes the row before the end final all the same.
    assert ends[changelog, 0] in {3, 4}
    assert time.monotonic() - began >= 0.6, "found while the transaction was still open"
    ender.join()
    assert home.changelog_rows(ROWS) == {"a": b"2"}


def test_a_rebalance_ends_the_wait(home: Installation, reader: GroupReader) -> None:
    """What is found then is of no use to anybody."""
    found = settled_ends(home.kafka, reader, [], [], "us", lambda: False)
    assert found == {}


def _settled(
    home: Installation, reader: GroupReader, sources: list[Position], changelogs: list[Position]
) -> dict[Position, int]:
    own = f"{home.app_id}-successor"
    return settled_ends(home.kafka, reader, sources, changelogs, own, lambda: True)


def _left_open(owner: Owner, changelog: str, payments: str, member: Membership) -> None:
    owner.producer.begin()
    owner.producer.produce(changelog, b"a", b"2", partition=0)
    owner.producer._producer.flush(10)
    owner.producer._producer.send_offsets_to_transaction(
        [TopicPartition(payments, 0, 2)], member.metadata(), 10
    )


async def test_a_refused_record_aborts_and_the_batch_may_run_again(
    home: Installation, reader: GroupReader, first: Membership, owner: Owner
) -> None:
    """The broker takes 1 MB on this topic: nothing of that batch is visible, the next one is."""
    log = await owner.log(first)
    incompressible = Output(CASES, b"k", _noise(3_000_000))
    with pytest.raises(BatchAborted):
        await log.commit([Output(CASES, b"k", b"aborted"), incompressible], {}, {PAYMENTS: 3})
    await _commit_as_a_lane(log, Output(CASES, b"k", b"kept"))
    assert [m.value() for m in home.outputs()] == [b"kept"]
    wire = home.topic(PAYMENTS)
    assert reader.committed([(wire, 0)]) == {(wire, 0): 1}


async def _commit_as_a_lane(log: PartitionLog, output: Output) -> None:
    """Librdkafka may abort once more, to get a new epoch; a lane runs its batch again then."""
    for _ in range(LaneConfig().reruns_max):
        with contextlib.suppress(BatchAborted):
            await log.commit([output], {}, {PAYMENTS: 1})
            return
    await log.commit([output], {}, {PAYMENTS: 1})


async def test_keys_land_where_other_clients_put_them(
    home: Installation, first: Membership, owner: Owner
) -> None:
    """murmur2, as Java and aiokafka have it, not librdkafka's own default."""
    log = await owner.log(first)
    keys = [f"customer-{number}".encode() for number in range(40)]
    await log.commit([Output(CASES, key, b"") for key in keys], {}, {})
    partitioner, all_partitions = DefaultPartitioner(), list(range(home.partitions))
    for message in home.outputs():
        expected = partitioner(message.key(), all_partitions, all_partitions)
        assert message.partition() == expected


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)
