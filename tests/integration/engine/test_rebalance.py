"""Two workers: sharing, taking over, and a zombie that wakes up after its partitions have gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow


#: `make faults` asks for more.
ZOMBIES = int(os.environ.get("ENGINE_ZOMBIES", "1"))


@contextmanager
def steady_load(home: Installation) -> Iterator[None]:
    """300 records, five times a second, while the block runs."""
    done = threading.Event()

    def feed() -> None:
        while not done.wait(0.2):
            home.send(300, keys=100)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield
    finally:
        done.set()
        feeder.join()


def _shared(first: Worker, second: Worker) -> bool:
    return sorted((*first.partitions(), *second.partitions())) == [0, 1]


def _ended(worker: Worker) -> bool:
    return worker.process.poll() is not None


def _pause_beyond_the_session(home: Installation, first: Worker, moment_s: float) -> None:
    # Slow enough to be in the middle of a batch nearly always.
    second = home.worker("w2", COUNTING_DELAY_S="0.0005").wait_ready()
    wait_until(lambda: _shared(first, second) and bool(second.partitions()), 60)
    time.sleep(moment_s)
    second.signal(signal.SIGSTOP)
    wait_until(lambda: len(first.partitions()) == 2, 60, first.tail)
    time.sleep(1)
    second.signal(signal.SIGCONT)
    # Either it is fenced and ends, or it notices first and joins again. Both are right.
    wait_until(lambda: _ended(second) or _shared(first, second), 60, second.tail)
    second.kill()


def test_joining_zombie_and_taking_over_under_load(home: Installation) -> None:
    """A worker joins; it is paused beyond its session, wakes up; then it is killed for good."""
    first = home.worker("w1").wait_ready()
    with steady_load(home):
        for round_number in range(ZOMBIES):
            _pause_beyond_the_session(home, first, 0.1 * round_number)
        wait_until(lambda: len(first.partitions()) == 2, 40, first.tail)
    home.assert_exact()
    assert first.process.poll() is None


@pytest.mark.parametrize("standbys", ["0", "1"])
def test_a_storm_of_rebalances_under_load(home: Installation, standbys: str) -> None:
    """One worker, four, one: every step during a load, half of them by a kill."""
    home.partitions = 4
    copies = {"DUNNOCK_STANDBY_REPLICAS": standbys}
    first = home.worker("w1", **copies).wait_ready()
    with steady_load(home):
        others = [home.worker(name, **copies) for name in ("w2", "w3", "w4")]
        everybody = [first, *others]
        wait_until(lambda: all(len(worker.partitions()) == 1 for worker in everybody), 90)
        others[0].kill()
        others[1].stop()
        others[2].kill()
        wait_until(lambda: len(first.partitions()) == 4, 60, first.tail)
    home.assert_exact()
    assert first.process.poll() is None


def test_a_rebalance_while_the_lane_is_full_leaves_a_worker_that_consumes(
    home: Installation,
) -> None:
    """Back-pressure is a question, not a parked put: a rebalance can't cancel it."""
    first = home.worker("w1", COUNTING_DELAY_S="0.0005").wait_ready()
    home.send(15_000, keys=100)
    second = home.worker("w2", COUNTING_DELAY_S="0.0005").wait_ready()
    wait_until(lambda: _shared(first, second), 40, first.tail)
    home.send(500, keys=100)
    home.assert_exact()
