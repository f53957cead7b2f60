"""A crash at each step of a batch, on the real broker and real stores: every sum is exact."""

from __future__ import annotations

import shutil

import pytest

from streams.topics import PAYMENTS
from tests.integration.engine.harness import Installation, Worker

pytestmark = pytest.mark.slow

DIED = 77
ABORTS = 5
STEPS = (
    "before begin",
    "after produce",
    "before commit",
    "after commit, before RocksDB",
    "between two tables",
    "after RocksDB, before positions move",
)


def test_a_crash_at_each_step_of_a_batch(home: Installation) -> None:
    """Each worker takes over what the one before left behind; once its disk is gone, too."""
    home.prepare(PAYMENTS)
    for step in STEPS:
        home.send(600, keys=40)
        _crash(home, step)
    home.worker()
    home.assert_exact()


def test_the_commit_stands_although_the_disk_is_lost_with_the_process(home: Installation) -> None:
    """The changelog has the rows that never reached the store."""
    home.prepare(PAYMENTS)
    home.send(600, keys=40)
    shutil.rmtree(_crash(home, "after commit, before RocksDB").data)
    home.worker()
    home.assert_exact()


def test_aborted_batches_are_run_again(home: Installation) -> None:
    """From the store, with everything of the first run on the broker but invisible."""
    home.prepare(PAYMENTS)
    home.send(4_000, keys=40)
    worker = home.worker(program="crashing_worker", CRASH_AT="abort", CRASH_AFTER="150")
    home.assert_exact()
    # How many transactions the 4,000 took is the machine's affair; each time there is one more.
    for _ in range(10 * ABORTS):
        if aborted(worker) == ABORTS:
            break
        home.send(100, keys=40)
        home.assert_exact()
    assert aborted(worker) == ABORTS, worker.tail()
    assert worker.process.poll() is None


def aborted(worker: Worker) -> int:
    """How often it has refused to commit. librdkafka's own lines speak of aborts, too."""
    return worker.log.read_text().count("refused the commit of ")


def _crash(home: Installation, step: str) -> Worker:
    """Let a worker handle what is there until it dies."""
    worker = home.worker(program="crashing_worker", CRASH_AT=step, CRASH_AFTER="150")
    assert worker.process.wait(60) == DIED, f"{step}: {worker.tail()}"
    return worker
