"""The transactional producer and the log of a partition, against a real broker."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka.partitioner import DefaultPartitioner

from streams.core.config import LaneConfig
from streams.core.ports import BatchAborted, Fenced
from streams.core.records import Output
from streams.group_reader import GroupReader
from streams.kafka_log import PartitionLog
from streams.producer import TransactionalProducer
from streams.topics import CASES, PAYMENTS, TopicNames, changelog_topic
from tests.integration.engine.harness import Installation

ROWS = "customer_history"


@pytest.fixture
def reader(home: Installation) -> Iterator[GroupReader]:
    home.prepare(CASES, PAYMENTS)
    found = GroupReader(home.kafka, home.app_id)
    yield found
    found.close()


def _log(home: Installation, reader: GroupReader, partition: int = 0) -> PartitionLog:
    producer = TransactionalProducer(home.kafka, f"{home.app_id}-{partition}")
    names = TopicNames(home.prefix)
    return PartitionLog(home.app_id, partition, producer, reader, names, ThreadPoolExecutor(2))


async def test_a_commit_is_outputs_rows_and_positions(
    home: Installation, reader: GroupReader
) -> None:
    """All of it becomes visible together; the changelog offset is that of the last record."""
    log = _log(home, reader)
    await log.init()
    ends = await log.commit(
        [Output(CASES, b"k", b"v")], {ROWS: {b"a": b"1", b"b": None}}, {PAYMENTS: 7}
    )
    assert ends == {ROWS: 1}
    assert [m.value() for m in home.outputs()] == [b"v"]
    assert home.changelog_rows(ROWS) == {"a": b"1"}
    wire = home.topic(PAYMENTS)
    assert reader.committed([(wire, 0), (wire, 1)]) == {(wire, 0): 7, (wire, 1): None}
    # The marker of the transaction stands behind the two records.
    assert (await log.end_offsets([PAYMENTS]))[PAYMENTS] == 0
    assert reader.end_offsets([changelog_topic(home.app_id, ROWS)], 0) == {
        changelog_topic(home.app_id, ROWS): 3
    }


async def test_the_successor_fences_the_predecessor(
    home: Installation, reader: GroupReader
) -> None:
    """From its `init` on, nothing of the old owner is committed."""
    old, new = _log(home, reader), _log(home, reader)
    await old.init()
    await old.commit([Output(CASES, b"k", b"before")], {}, {})
    await new.init()
    with pytest.raises(Fenced):
        await old.commit([Output(CASES, b"k", b"zombie")], {}, {})
    await new.commit([Output(CASES, b"k", b"after")], {}, {})
    assert [m.value() for m in home.outputs()] == [b"before", b"after"]


async def test_a_refused_record_aborts_and_the_batch_may_run_again(
    home: Installation, reader: GroupReader
) -> None:
    """The broker takes 1 MB on this topic: nothing of that batch is visible, the next one is."""
    log = _log(home, reader)
    await log.init()
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
    home: Installation, reader: GroupReader
) -> None:
    """murmur2, as Java and aiokafka have it, not librdkafka's own default."""
    log = _log(home, reader)
    await log.init()
    keys = [f"customer-{number}".encode() for number in range(40)]
    await log.commit([Output(CASES, key, b"") for key in keys], {}, {})
    partitioner, all_partitions = DefaultPartitioner(), list(range(home.partitions))
    for message in home.outputs():
        expected = partitioner(message.key(), all_partitions, all_partitions)
        assert message.partition() == expected


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)
