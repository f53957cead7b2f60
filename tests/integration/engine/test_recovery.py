"""Recovery inside Faust: longer than its limit, and with a rebalance in the middle."""

from __future__ import annotations

import re
import shutil
import time

import pytest

from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow

ROWS = 6_000
#: Twelve polls of 500 rows at the least.
SLOW = {"program": "slow_restore_worker", "RESTORE_POLL_S": "0.5"}
RESTORE_S_MIN = 4.0


def _rows_without_a_disk(home: Installation) -> None:
    worker = home.worker("w1").wait_ready()
    home.send(ROWS, keys=ROWS)
    home.wait_for_outputs(ROWS)
    worker.stop()
    shutil.rmtree(worker.data)


def _restored(worker: Worker) -> list[int]:
    """How many records each of the worker's restores has read, the running one not included."""
    said = worker.log.read_text(errors="replace")
    return [int(count) for count in re.findall(r"restored (\d+) changelog records", said)]


def test_a_restore_longer_than_fausts_limit_is_not_cut(home: Installation) -> None:
    """Stock Faust would go on after 90 s with half of the rows, and write sums from them."""
    _rows_without_a_disk(home)
    home.send(ROWS, keys=ROWS)
    started = time.monotonic()
    home.worker("w1", **SLOW).wait_ready()
    assert time.monotonic() - started > RESTORE_S_MIN
    home.assert_exact()


def test_a_rebalance_in_the_middle_of_a_restore(home: Installation) -> None:
    """The restore is given up, begun again for what is left, and no sum starts from half."""
    _rows_without_a_disk(home)
    home.send(ROWS, keys=ROWS)
    first = home.worker("w1", **SLOW)
    second = home.worker("w2", **SLOW)
    wait_until(lambda: _is_restoring(first), 60, first.tail)
    assert first.partitions() == set()
    wait_until(lambda: len(first.partitions()) == len(second.partitions()) == 1, 90, first.tail)
    home.assert_exact()
    assert _restored(first)[0] < ROWS, "the rebalance came too late to be in the middle"


def _is_restoring(worker: Worker) -> bool:
    found = re.search(
        rb'dunnock_recovery_rows_total{table="customer_history"} ([0-9.]+)',
        worker.get("/metrics")[1],
    )
    return found is not None and 0 < float(found.group(1)) < ROWS
