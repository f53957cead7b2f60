"""The in-order window on a real broker: nothing is committed past a call in flight."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Message

from streams.core.partitioner import partition_of
from streams.group_reader import GroupReader
from streams.topics import CHECK_ANSWERS, CHECK_REQUESTS
from tests.integration.engine.harness import Installation, wait_until

pytestmark = pytest.mark.slow


def test_a_slow_head_blocks_its_commit_but_nobody_else(home: Installation, tmp_path: Path) -> None:
    """A fresh group, the head at offset 0 missing, a kill: every request is answered in the end."""
    go = tmp_path / "go"
    home.prepare(CHECK_REQUESTS)
    slow_partition = partition_of(b"slow", home.partitions)
    home.send_raw(b"slow", b"first", CHECK_REQUESTS)
    for number in range(200):
        home.send_raw(f"k{number}".encode(), b"%d" % number, CHECK_REQUESTS)
    worker = home.worker(program="calling_worker", CALLING_GO=str(go)).wait_ready()

    answers: list[Message] = []

    def others_answered() -> bool:
        answers[:] = home.read(home.topic(CHECK_ANSWERS))
        return len(answers) >= 200

    wait_until(others_answered, 60, worker.tail)
    assert {message.value() for message in answers} == {b"%d" % n for n in range(200)}

    reader = GroupReader(home.kafka, home.app_id)
    requests = home.topic(CHECK_REQUESTS)
    others = {p for p in range(home.partitions) if p != slow_partition}
    wait_until(lambda: all(reader.committed([(requests, p)])[requests, p] for p in others), 20)
    assert reader.committed([(requests, slow_partition)])[requests, slow_partition] in (None, 0)

    worker.kill()
    go.touch()
    home.worker(program="calling_worker", CALLING_GO=str(go)).wait_ready()
    wait_until(lambda: b"first" in {m.value() for m in home.read(home.topic(CHECK_ANSWERS))}, 30)
    end = reader.end_offsets([requests], slow_partition)[requests]
    wait_until(
        lambda: reader.committed([(requests, slow_partition)])[requests, slow_partition] == end, 20
    )
    reader.close()
