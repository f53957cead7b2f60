"""kill -9 in the middle of a bulk restore: it goes on from what reached the disk."""

from __future__ import annotations

import re
import shutil
import signal

import pytest

from tests.integration.engine.harness import Installation, Worker

pytestmark = pytest.mark.slow

ROWS = 6_000


def _die_in_a_restore(home: Installation, polls: int) -> Worker:
    worker = home.worker(program="dying_restore_worker", RESTORE_DIES_AT=str(polls))
    assert worker.process.wait(60) == -signal.SIGKILL, worker.tail()
    found = re.findall(r"died with (\d+) restores open", worker.log.read_text())
    assert found
    assert int(found[-1]) > 0, "the restore was over already: not the middle"
    return worker


def _restored(worker: Worker) -> int:
    """How many rows of the counts the worker's restore has read."""
    found = re.search(
        rb'dunnock_recovery_rows_total{table="customer_history"} ([0-9.]+)',
        worker.get("/metrics")[1],
    )
    return 0 if found is None else int(float(found[1]))


def test_a_crash_in_the_middle_of_a_restore(home: Installation) -> None:
    """Killed, killed again on what that left, and with the disk wiped in between.

    Every sum is built on the row before it, so a row that did not come back would show.
    """
    worker = home.worker().wait_ready()
    home.send(ROWS, keys=ROWS)
    home.wait_for_outputs(home.sent.total())
    worker.stop()
    shutil.rmtree(worker.data)
    home.send(ROWS, keys=ROWS)
    _die_in_a_restore(home, 8)
    _die_in_a_restore(home, 8)
    shutil.rmtree(worker.data)
    _die_in_a_restore(home, 8)

    last = home.worker().wait_ready()
    assert 0 < _restored(last) < ROWS, "it began again instead of going on"
    home.assert_exact()
