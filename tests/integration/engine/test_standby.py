"""The standby's thread against a real changelog: what it writes, what it refuses to build on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from faust.types import TP

from runtime import clock
from streams import rocks, standby, tail
from streams.group_reader import GroupReader
from streams.producer import TransactionalProducer
from streams.rocks import PartitionRows, RocksMemory
from streams.standby import Standby
from streams.stores import LocalStores
from streams.topics import TOMBSTONE_RETENTION_MS, changelog_topic
from tests.integration.engine.harness import Installation

ROWS = "customer_history"
LIMIT_S = 20.0


class Bench:
    """A changelog with its one writer, and a standby that may follow it."""

    def __init__(self, home: Installation, directory: Path) -> None:
        self.threads = ThreadPoolExecutor(4)
        self.reader = GroupReader(home.kafka, home.app_id)
        self.topic = changelog_topic(home.app_id, ROWS)
        self.tp = TP(self.topic, 0)
        self.directory = directory / ROWS / "0"
        self.producer = TransactionalProducer(home.kafka, f"{home.app_id}-0")
        stores = LocalStores(directory)
        self.standby = Standby(home.kafka, home.app_id, stores, self.reader, self.threads)

    def write(self, rows: dict[bytes, bytes | None]) -> None:
        self.producer.begin()
        for key, row in rows.items():
            self.producer.produce(self.topic, key, row, partition=0)
        self.producer.commit([], b"")

    def end(self) -> int:
        return self.reader.end_offsets([self.topic], 0)[self.topic]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():  # noqa: ASYNC110 - what a test waits for has no event
                await asyncio.sleep(0.05)

    async def until_level(self) -> None:
        """Until the copy says that it has everything, the transactions' markers included."""

        def level() -> bool:
            copy = self.standby.status.get((ROWS, 0))
            return copy is not None and copy.position == self.end() and not copy.lag_records

        await self.until(level)

    async def followed(self) -> PartitionRows:
        """Follow to the end, stop, and open what is on disk."""
        self.standby.follow([self.tp])
        await self.until_level()
        await self.standby.stopped()
        assert self.standby.status == {}
        return PartitionRows(self.directory, RocksMemory())

    def close(self) -> None:
        self.standby.stop()
        self.threads.shutdown()
        self.producer.close()
        self.reader.close()


@pytest.fixture
def bench(home: Installation, tmp_path: Path) -> Iterator[Bench]:
    home.prepare()
    made = Bench(home, tmp_path / "rows")
    yield made
    made.close()


async def _some_rows(bench: Bench) -> None:
    bench.producer.init()
    bench.write({b"a": b"1", b"b": b"1", b"gone": b"1"})
    bench.write({b"a": b"2", b"gone": None})


async def test_it_follows_what_is_committed_and_nothing_else(bench: Bench) -> None:
    """Open and aborted transactions are not there; what is committed meanwhile comes by itself."""
    await _some_rows(bench)
    bench.standby.follow([bench.tp])
    await bench.until_level()
    level = bench.standby.status[ROWS, 0].position
    bench.producer.begin()
    bench.producer.produce(bench.topic, b"a", b"open", partition=0)
    bench.producer._producer.flush(10)
    await bench.until(lambda: bench.standby.status[ROWS, 0].lag_records > 0)
    assert bench.standby.status[ROWS, 0].position == level
    bench.producer.abort()
    bench.write({b"c": b"3"})
    await bench.until_level()
    await bench.standby.stopped()
    rows = PartitionRows(bench.directory, RocksMemory())
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1"), (b"c", b"3")]
    assert rows.changelog_offset() == bench.end() - 1
    rows.close()


async def test_while_it_follows_nobody_else_opens_the_store(bench: Bench) -> None:
    """And as soon as it has stopped, anybody may: that is what a promotion relies on."""
    await _some_rows(bench)
    bench.standby.follow([bench.tp])
    with pytest.raises(RuntimeError, match="still runs"):
        bench.standby.follow([bench.tp])
    await bench.until_level()
    with pytest.raises(Exception, match="[Ll]ock"):
        PartitionRows(bench.directory, RocksMemory())
    await bench.standby.stopped()
    await bench.standby.stopped()
    PartitionRows(bench.directory, RocksMemory()).close()


async def test_it_goes_on_where_the_owner_of_yesterday_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A demoted partition: rows with their log, then only what is new."""
    await _some_rows(bench)
    owned = PartitionRows(bench.directory, RocksMemory())
    owned.commit_rows({b"a": b"2", b"b": b"1", b"mine": b"by the lane"}, bench.end() - 2)
    owned.close()
    bench.write({b"b": b"2"})
    seen: list[bytes] = []
    written = PartitionRows.restore_rows

    def noting(self: PartitionRows, changes: rocks.Changes, offset: int) -> None:
        seen.extend(changes)
        written(self, changes, offset)

    monkeypatch.setattr(PartitionRows, "restore_rows", noting)
    rows = await bench.followed()
    assert seen == [b"b"]
    assert rows.multi_get([b"b", b"mine"]) == [b"2", b"by the lane"]
    rows.close()


async def test_rows_from_last_week_are_rebuilt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The changelog may no longer show what was deleted since: a ghost would stay for ever."""
    await _some_rows(bench)
    last_week = clock.epoch_s() - TOMBSTONE_RETENTION_MS / 1000
    old = PartitionRows(bench.directory, RocksMemory())
    with monkeypatch.context() as patched:
        patched.setattr(rocks, "epoch_s", lambda: last_week)
        old.commit_rows({b"ghost": b"1"}, 1)
    old.close()
    rows = await bench.followed()
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1")]
    rows.close()


async def test_rows_of_another_changelog_are_rebuilt(bench: Bench) -> None:
    """An offset behind the end: the changelog is younger than the rows."""
    await _some_rows(bench)
    other = PartitionRows(bench.directory, RocksMemory())
    other.commit_rows({b"ghost": b"1"}, bench.end() + 500)
    other.close()
    rows = await bench.followed()
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1")]
    rows.close()


async def test_damaged_files_are_rebuilt(bench: Bench) -> None:
    """A broken disk costs the copy, not the worker."""
    await _some_rows(bench)
    (await bench.followed()).close()
    next(bench.directory.glob("MANIFEST-*")).write_bytes(b"nonsense")
    rows = await bench.followed()
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1")]
    rows.close()


def _cut(home: Installation, topic: str, offset: int) -> None:
    admin = AdminClient({"bootstrap.servers": home.kafka})
    policy = ConfigEntry(
        "cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET
    )
    allowed = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[policy])
    for future in admin.incremental_alter_configs([allowed]).values():
        future.result(10)
    for future in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        future.result(10)


async def test_a_place_that_is_gone_is_not_read_on_from_elsewhere(
    bench: Bench, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log was cut in front of us: rows that were deleted there would stay. So: anew."""
    monkeypatch.setattr(standby, "RETRY_S", 0.1)
    await _some_rows(bench)
    old = PartitionRows(bench.directory, RocksMemory())
    old.commit_rows({b"ghost": b"1"}, 0)
    old.close()
    bench.write({b"b": b"3"})
    _cut(home, bench.topic, bench.end() - 2)
    rows = await bench.followed()
    assert rows.scan(b"", b"\xff", 10) == [(b"b", b"3")]
    rows.close()


async def test_a_failure_is_counted_and_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is ended for a copy; it goes on from what is stored."""
    monkeypatch.setattr(standby, "RETRY_S", 0.1)
    await _some_rows(bench)
    written, failures = PartitionRows.restore_rows, []

    def failing(self: PartitionRows, changes: rocks.Changes, offset: int) -> None:
        if not failures:
            failures.append(offset)
            raise OSError("no space left")
        written(self, changes, offset)

    monkeypatch.setattr(PartitionRows, "restore_rows", failing)
    before = standby.metrics.STANDBY_FAILURES._value.get()
    rows = await bench.followed()
    assert standby.metrics.STANDBY_FAILURES._value.get() == before + 1
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1")]
    rows.close()


async def test_catching_up_stays_within_its_bounds(
    bench: Bench, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many rows, then large ones: small batches, flushed before RocksDB would make a write wait."""
    producer = Producer({"bootstrap.servers": home.kafka, "message.max.bytes": 2_000_000})
    for number in range(20_000):
        producer.produce(bench.topic, os.urandom(500), b"%d" % number, partition=0)
        producer.poll(0)
    assert producer.flush(30) == 0
    for number in range(20):
        producer.produce(bench.topic, os.urandom(900_000), b"large-%d" % number, partition=0)
    assert producer.flush(30) == 0
    batches, flushes = [], []
    written, flushed = PartitionRows.restore_rows, PartitionRows.flush

    def noting(self: PartitionRows, changes: rocks.Changes, offset: int) -> None:
        batches.append(sum(len(value or b"") for value in changes.values()))
        assert len(changes) <= standby.BATCH_RECORDS_MAX
        written(self, changes, offset)

    def flushing(self: PartitionRows) -> None:
        flushes.append(sum(batches))
        flushed(self)

    monkeypatch.setattr(PartitionRows, "restore_rows", noting)
    monkeypatch.setattr(PartitionRows, "flush", flushing)
    rows = await bench.followed()
    assert len(rows.get(b"19999") or b"") == 500
    assert len(rows.get(b"large-19") or b"") == 900_000
    rows.close()
    assert max(batches) < tail.WRITE_BYTES + 900_000
    assert sum(batches) == 20_000 * 500 + 20 * 900_000
    assert len(flushes) >= 3
