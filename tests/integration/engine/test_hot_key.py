"""Half of all events on one key: exact, and the event loop stays free for heartbeats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.topics import PAYMENTS
from tests.integration.engine.harness import Installation

pytestmark = pytest.mark.slow

RECORDS = 20_000
LOOP_HELD_MS_MAX = 50


def test_a_hot_key_is_exact_and_does_not_hold_the_loop(home: Installation, tmp_path: Path) -> None:
    """Full batches wait from the start, so the fold, the commit and RocksDB show their worst."""
    file = tmp_path / "slices.json"
    home.prepare(PAYMENTS)
    home.send(RECORDS // 2, keys=1)
    home.send(RECORDS // 2, keys=2_000)
    home.worker(program="measured_worker", SLICES_FILE=str(file)).wait_ready()
    home.assert_exact()
    found = json.loads(file.read_text())
    assert found["records"] > RECORDS / 2, found
    assert found["longest_ms"] < LOOP_HELD_MS_MAX, found
