"""The watchdog on a real broker: who stands still ends himself, who has nothing to do does not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streams.topics import CHECK_ANSWERS, CHECK_REQUESTS
from tests.integration.engine.harness import Installation, wait_until

pytestmark = pytest.mark.slow

STUCK_S = 4.0
ENDS_S_MAX = 15.0


def test_a_worker_that_stands_still_ends_and_an_idle_one_does_not(
    home: Installation, tmp_path: Path
) -> None:
    """One can't fetch any more, one can't commit; a third has no partition at all."""
    workers = [
        home.worker(name, "stuck_worker", STUCK_FILE=str(tmp_path / name), STUCK_S=str(STUCK_S))
        for name in ("w1", "w2", "w3")
    ]
    for worker in workers:
        worker.wait_ready()
    wait_until(lambda: sorted(len(worker.partitions()) for worker in workers) == [0, 1, 1], 60)
    home.send(200)
    home.assert_exact()
    time.sleep(1.5 * STUCK_S)
    assert [worker.process.poll() for worker in workers] == [None] * 3

    idle, *owners = sorted(workers, key=lambda worker: len(worker.partitions()))
    for worker, what in zip(owners, ("fetch", "commit"), strict=True):
        (tmp_path / f"{worker.name}-{what}").touch()
    home.send(200)
    for worker in owners:
        assert worker.process.wait(ENDS_S_MAX) == 1, worker.tail()
        assert "Stuck: " in worker.log.read_text()
    assert idle.process.poll() is None


def test_commits_for_pools_that_never_return_end_the_worker(
    home: Installation, tmp_path: Path
) -> None:
    """But a call that is not answered yet, however long it takes, does not."""
    home.prepare(CHECK_REQUESTS, CHECK_ANSWERS)
    worker = home.worker(
        "w1",
        "held_commit_worker",
        CALLING_GO=str(tmp_path / "go"),
        CALLING_COMMITS_EVERY_S="0.1",
        HELD_UNTIL=str(tmp_path / "never"),
        STUCK_S=str(STUCK_S),
    ).wait_ready()
    home.send_raw(b"slow", b"1", CHECK_REQUESTS)
    time.sleep(1.5 * STUCK_S)
    assert worker.process.poll() is None, worker.tail()
    (tmp_path / "go").touch()
    assert worker.process.wait(ENDS_S_MAX) == 1, worker.tail()
    assert "Stuck: internal.check-requests" in worker.log.read_text()


def test_a_worker_that_the_group_refuses_before_it_has_partitions_ends(home: Installation) -> None:
    """It has no lane that could stand still, and aiokafka rests until somebody looks."""
    worker = home.worker("w1", "deaf_worker")
    assert worker.process.wait(60) == 1, worker.tail()
    assert "GroupLoadInProgress, as asked for" in worker.log.read_text()
