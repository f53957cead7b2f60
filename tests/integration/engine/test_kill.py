"""kill -9 and SIGTERM in the middle of work: nothing lost, nothing double, every row right."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from tests.integration.engine.harness import Installation

pytestmark = pytest.mark.slow

#: `make faults` asks for more.
KILLS = int(os.environ.get("ENGINE_KILLS", "3"))
BACK_S_MAX = 25.0


def test_kill_nine_with_the_disk_kept_and_wiped(home: Installation) -> None:
    """Kills during a load; a static member is back without waiting for its session."""
    worker = home.worker().wait_ready()
    for round_number in range(KILLS):
        home.send(6_000, keys=300)
        time.sleep(0.1 + 0.37 * round_number % 1)
        worker.kill()
        if round_number % 3 == 1:
            shutil.rmtree(worker.data)
        killed = time.monotonic()
        worker = home.worker().wait_ready()
        assert time.monotonic() - killed < BACK_S_MAX
    home.assert_exact()


def test_a_stop_in_the_middle_finishes_the_batch_and_is_quick(home: Installation) -> None:
    """SIGTERM under load exits with 0 in under ten seconds, and the next start goes on."""
    worker = home.worker().wait_ready()
    home.send(8_000)
    started = time.monotonic()
    assert worker.stop() == 0, worker.tail()
    assert time.monotonic() - started < 10
    home.worker().wait_ready()
    home.assert_exact()
