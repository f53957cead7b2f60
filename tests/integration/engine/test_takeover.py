"""Standby copies between processes: followed, never served, and taken over after a kill."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

import pytest
from faust.assignor.client_assignment import CopartitionedAssignment
from faust.assignor.copartitioned_assignor import CopartitionedAssignor

from streams.group_reader import GroupReader
from streams.rocks import PartitionRows, RocksMemory
from streams.topics import changelog_topic
from tables.definitions import CUSTOMER_HISTORY
from tests.integration.engine.harness import Installation, Worker, wait_until

ROWS = 6_000
TAIL = 400


def _shared(first: Worker, second: Worker) -> bool:
    return len(first.partitions()) == len(second.partitions()) == 1


def _standbys(worker: Worker) -> Mapping[int, Mapping[str, Mapping[str, int]]]:
    return {int(p): tables for p, tables in worker.status().get("standbys", {}).items()}


def _follows(home: Installation, worker: Worker, partition: int) -> bool:
    """Whether the worker's copy of the counts has all that is on the log now."""
    topic = changelog_topic(home.app_id, CUSTOMER_HISTORY)
    reader = GroupReader(home.kafka, "somebody")
    end = reader.end_offsets([topic], partition)[topic]
    reader.close()
    copy = _standbys(worker).get(partition, {}).get(CUSTOMER_HISTORY)
    return copy is not None and copy["position"] >= end and copy["lag_records"] == 0


def _restored(worker: Worker) -> int:
    found = re.search(
        rb'dunnock_recovery_rows_total{table="customer_history"} ([0-9.]+)',
        worker.get("/metrics")[1],
    )
    return int(float(found.group(1))) if found else 0


def _pair(home: Installation) -> tuple[Worker, Worker]:
    first, second = home.worker("w1"), home.worker("w2")
    wait_until(lambda: _shared(first, second), 60, first.tail)
    return first, second


@pytest.mark.slow
def test_a_copy_is_kept_while_another_worker_is_live_and_nobody_is_shown_it(
    home: Installation,
) -> None:
    """Rows and tombstones arrive in the other's store; asked for one, it says 421."""
    first, second = _pair(home)
    home.send(1_000, keys=100)
    home.send_raw(b"k5", b"0")
    del home.sent["k5"]
    (theirs,) = first.partitions()
    wait_until(lambda: home.changelog_rows(CUSTOMER_HISTORY).keys() == home.sent.keys(), 30)
    wait_until(lambda: _follows(home, second, theirs), 20, second.tail)
    assert set(_standbys(second)) == {theirs}
    assert set(_standbys(first)) == second.partitions()
    answers = {
        key: second.get(f"/internal/rows/{CUSTOMER_HISTORY}/{key}?partition={theirs}")[0]
        for key in home.sent
    }
    assert set(answers.values()) == {421}
    assert second.stop() == 0
    assert first.partitions() >= {theirs}, "the owner was live all the time"
    path = second.data / "w2" / "rows" / CUSTOMER_HISTORY / str(theirs)
    copy = PartitionRows(path, RocksMemory())
    found = {key.decode(): value for key, value in copy.scan(b"", b"\xff", 1_000)}
    copy.close()
    log = home.read(changelog_topic(home.app_id, CUSTOMER_HISTORY))
    mine = {message.key().decode() for message in log if message.partition() == theirs}
    right = home.changelog_rows(CUSTOMER_HISTORY)
    assert found == {key: row for key, row in right.items() if key in mine}
    assert len(found) > 10


def _kill(home: Installation, owner: Worker, heir: Worker) -> None:
    (theirs,) = owner.partitions()
    wait_until(lambda: _follows(home, heir, theirs), 30, heir.tail)
    before = _restored(heir)
    home.send(TAIL, keys=TAIL)
    owner.kill()
    wait_until(lambda: len(heir.partitions()) == 2, 60, heir.tail)
    assert _restored(heir) - before <= TAIL, "more than what was written after the copy"
    home.assert_exact()


@pytest.mark.slow
def test_after_a_kill_the_copy_takes_over_and_restores_only_the_tail(home: Installation) -> None:
    """And the killed one, back again, follows; then it is the other one's turn to die."""
    first, second = _pair(home)
    home.send(ROWS, keys=ROWS)
    home.wait_for_outputs(ROWS)
    _kill(home, first, heir=second)
    again = home.worker("w1")
    wait_until(lambda: _shared(again, second), 60, again.tail)
    _kill(home, second, heir=again)
    home.send(ROWS, keys=ROWS)
    home.assert_exact()  # every sum went on from the row of a copy


@pytest.mark.slow
def test_a_worker_with_nothing_but_a_copy_is_ready_and_takes_over(home: Installation) -> None:
    """More workers than partitions: the spare one has no lane, and needs none to be ready."""
    home.partitions = 1
    owner = home.worker("w1").wait_ready()
    spare = home.worker("w2").wait_ready()
    home.send(1_000, keys=1_000)
    home.wait_for_outputs(1_000)
    wait_until(lambda: _follows(home, spare, 0), 20, spare.tail)
    assert (owner.partitions(), spare.partitions()) == ({0}, set())
    owner.kill()
    wait_until(lambda: spare.partitions() == {0}, 60, spare.tail)
    assert _restored(spare) == 0
    home.send(1_000, keys=1_000)
    home.assert_exact()


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), [("0", "0"), ("1", "0")])
def test_without_copies_or_while_the_setting_is_changed(
    home: Installation, one: str, other: str
) -> None:
    """At 0 nobody follows. While workers differ, the group's leader decides for all of them."""
    first = home.worker("w1", DUNNOCK_STANDBY_REPLICAS=one).wait_ready()
    second = home.worker("w2", DUNNOCK_STANDBY_REPLICAS=other)
    wait_until(lambda: _shared(first, second), 60, first.tail)
    home.send(500)
    home.assert_exact()
    if one == "0":
        assert _standbys(first) == _standbys(second) == {}
    assert (first.process.poll(), second.process.poll()) == (None, None)


Members = dict[str, tuple[frozenset[int], frozenset[int]]]
NOTHING: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())


def _reassigned(members: Members, partitions: int) -> Members:
    cluster = {
        name: CopartitionedAssignment(set(active), set(standby), {"t"})
        for name, (active, standby) in members.items()
    }
    for assigned in cluster.values():
        assigned.validate()
    found = CopartitionedAssignor(["t"], cluster, partitions, replicas=1).get_assignment()
    return {name: (frozenset(a.actives), frozenset(a.standbys)) for name, a in found.items()}


def _changed(members: Members, partitions: int, chance: random.Random) -> Members:
    """Somebody joins, leaves, forgets, or claims what it had long ago; in any order."""
    after = dict(members)
    what = chance.choice(["join", "join", "leave", "forget", "claim"])
    if what == "join" or len(after) < 2:
        after[f"m{chance.randrange(7)}"] = NOTHING
    elif what == "leave":
        del after[chance.choice(sorted(after))]
    else:
        old = [frozenset(p for p in range(partitions) if chance.random() < 0.5) for _ in range(2)]
        after[chance.choice(sorted(after))] = NOTHING if what == "forget" else (old[0], old[1])
    names = sorted(after)
    chance.shuffle(names)
    return {name: after[name] for name in names}


@pytest.mark.parametrize("partitions", [1, 2, 4, 5, 12])
def test_fausts_assignor_gives_every_partition_one_owner_and_one_copy(partitions: int) -> None:
    """Through any history of members, also with fewer members than copies asked for."""
    chance = random.Random(partitions)
    for _ in range(40):
        members: Members = {}
        for _ in range(20):
            members = _reassigned(_changed(members, partitions, chance), partitions)
            for partition in range(partitions):
                owners = [name for name, (active, _) in members.items() if partition in active]
                copies = [name for name, (_, standby) in members.items() if partition in standby]
                assert len(owners) == 1
                assert len(copies) == min(1, len(members) - 1)
                assert not set(owners) & set(copies)
