"""Recovery over a changelog that the broker has compacted: holes, no tail, an empty partition."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.core.partitioner import partition_of
from streams.topics import PAYMENTS, changelog_topic
from tables.definitions import CUSTOMER_HISTORY
from tests.integration.engine import compaction
from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow

KEYS = [f"k{number}" for number in range(200)]


def _gone(home: Installation) -> set[str]:
    """Every row of partition 1, and some of partition 0."""
    elsewhere = [key for key in KEYS if partition_of(key.encode(), home.partitions) == 0]
    return {*KEYS} - {*elsewhere[20:]}


def _served(home: Installation, worker: Worker) -> dict[str, int]:
    """The worker's own rows."""
    found = {}
    for key in KEYS:
        partition = partition_of(key.encode(), home.partitions)
        code, body = worker.get(f"/internal/rows/{CUSTOMER_HISTORY}/{key}?partition={partition}")
        assert code in {200, 404}, body
        if code == 200:
            found[key] = int(body)
    return found


def _delete(home: Installation, keys: Iterable[str]) -> None:
    producer = Producer({"bootstrap.servers": home.kafka, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(home.topic(PAYMENTS), b"0", key.encode())
    assert producer.flush(30) == 0


def _write_and_delete(home: Installation) -> tuple[Worker, dict[str, int]]:
    """A worker that has stopped and the rows it left; the last thing it did was to delete."""
    worker = home.worker().wait_ready()
    for number in range(3):
        home.send((3 - number) * len(KEYS) // 2, keys=len(KEYS))
        home.wait_for_outputs(home.sent.total())
        time.sleep(compaction.SEGMENT_S)
    gone = _gone(home)
    _delete(home, sorted(gone))
    rows = {key: count for key, count in home.sent.items() if key not in gone}
    wait_until(lambda: home.changelog_rows(CUSTOMER_HISTORY).keys() == rows.keys(), 30)
    assert worker.stop() == 0, worker.tail()
    return worker, rows


def test_recovery_over_a_changelog_that_the_broker_has_compacted(
    home: Installation, tmp_path: Path
) -> None:
    """With the disk wiped, and with one whose offset lies before a tail of nothing but markers."""
    home.prepare()
    changelog = changelog_topic(home.app_id, CUSTOMER_HISTORY)
    with compaction.compacting_at_once(home.kafka, changelog):
        worker, rows = _write_and_delete(home)
        kept = shutil.copytree(worker.data, tmp_path / "kept")
        compaction.compact_to_rows(home, changelog, len(rows))
        (within, behind), (_, all_of_it) = compaction.holes(home, changelog).values()
        assert within > len(KEYS) / 2
        assert behind > 20, "the deletions were the tail"
        assert all_of_it > len(KEYS), "nothing is left there"

        shutil.rmtree(worker.data)
        wiped = home.worker().wait_ready()
        assert _served(home, wiped) == rows
        wiped.kill()

        shutil.rmtree(worker.data)
        kept.rename(worker.data)
        on_kept = home.worker().wait_ready()
        assert _served(home, on_kept) == rows
        assert "not of this changelog's past" not in on_kept.log.read_text()

        home.send(len(KEYS), keys=len(KEYS))
        home.wait_for_outputs(home.sent.total())
        expected = {key: rows.get(key, 0) + 1 for key in KEYS}
        found = home.changelog_rows(CUSTOMER_HISTORY)
        assert {key: int(value) for key, value in found.items()} == expected
