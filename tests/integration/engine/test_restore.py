"""Bulk restore: tombstones, aborted transactions, cut and resumed, stopped by a rebalance."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.group_reader import GroupReader
from streams.producer import TransactionalProducer
from streams.restore import RestoreTask, restore
from streams.rocks import PartitionRows, RocksMemory
from streams.topics import changelog_topic
from tests.integration.engine.harness import Installation

ROWS = "customer_history"


@pytest.fixture
def reader(home: Installation) -> Iterator[GroupReader]:
    home.prepare()
    found = GroupReader(home.kafka, home.app_id)
    yield found
    found.close()


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[PartitionRows]:
    store = PartitionRows(tmp_path / "rows", RocksMemory())
    yield store
    store.close()


def _task(home: Installation, reader: GroupReader, rows: PartitionRows) -> RestoreTask:
    topic = changelog_topic(home.app_id, ROWS)
    offset = rows.changelog_offset()
    first = 0 if offset is None else offset + 1
    return RestoreTask(ROWS, topic, 0, rows, first, reader.end_offsets([topic], 0)[topic])


def _write(
    home: Installation,
    producer: TransactionalProducer,
    rows: dict[bytes, bytes | None],
    *,
    aborted: bool = False,
) -> None:
    producer.begin()
    for key, row in rows.items():
        producer.produce(changelog_topic(home.app_id, ROWS), key, row, partition=0)
    if aborted:
        producer.abort()
    else:
        producer.commit([], b"")


def test_committed_rows_come_back_and_aborted_ones_do_not(
    home: Installation, reader: GroupReader, rows: PartitionRows
) -> None:
    """The last record may be aborted: the restore still ends, and goes on from there later."""
    producer = TransactionalProducer(home.kafka, f"{home.app_id}-w1")
    producer.init()
    _write(home, producer, {b"a": b"1", b"b": b"1", b"gone": b"1"})
    _write(home, producer, {b"a": b"2", b"gone": None})
    _write(home, producer, {b"a": b"aborted"}, aborted=True)

    first = _task(home, reader, rows)
    assert restore(home.kafka, "restore", [first], threading.Event()) == 5
    assert rows.scan(b"", b"\xff", 10) == [(b"a", b"2"), (b"b", b"1")]
    assert rows.changelog_offset() == first.end - 1

    _write(home, producer, {b"b": b"3"})
    assert restore(home.kafka, "restore", [_task(home, reader, rows)], threading.Event()) == 1
    assert rows.get(b"b") == b"3"
    assert restore(home.kafka, "restore", [_task(home, reader, rows)], threading.Event()) == 0


def test_a_stopped_restore_goes_on_where_it_was(
    home: Installation, reader: GroupReader, rows: PartitionRows
) -> None:
    """A rebalance in the middle: what was read is kept with its offset, the rest comes later."""
    count = 60_000
    producer = Producer({"bootstrap.servers": home.kafka, "linger.ms": 20})
    for number in range(count):
        producer.produce(changelog_topic(home.app_id, ROWS), b"v", b"%d" % number, partition=0)
        producer.poll(0)
    assert producer.flush(30) == 0

    stop = threading.Event()
    halfway = threading.Timer(0.05, stop.set)
    halfway.start()
    read_before = restore(home.kafka, "restore", [_task(home, reader, rows)], stop)
    halfway.join()
    read_after = restore(home.kafka, "restore", [_task(home, reader, rows)], threading.Event())
    assert read_before + read_after == count
    assert rows.multi_get([b"0", b"%d" % (count - 1)]) == [b"v", b"v"]
    assert rows.changelog_offset() == count - 1
