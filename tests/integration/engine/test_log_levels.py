"""A worker that was really started leaves no library at DEBUG: that took a tenth of the CPU."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow

LIBRARIES = ("faust", "mode", "aiokafka", "kafka")


def _levels(worker: Worker, file: Path) -> dict[str, int]:
    """Levels of a moment at which the worker was ready."""
    worker.wait_ready()
    file.unlink()
    wait_until(file.exists, 10, worker.tail)
    return json.loads(file.read_text())


def test_a_started_worker_leaves_no_library_at_debug(home: Installation, tmp_path: Path) -> None:
    """Nor does it where somebody wants to see debug lines, which are ours then."""
    files = {level: tmp_path / level for level in ("INFO", "DEBUG")}
    workers = {
        level: home.worker(
            f"w-{level}", "levels_worker", LEVELS_FILE=str(file), DUNNOCK_LOG_LEVEL=level
        )
        for level, file in files.items()
    }
    for wanted, worker in workers.items():
        levels = _levels(worker, files[wanted])
        assert levels[""] == logging.getLevelNamesMapping()[wanted]
        of_libraries = {
            name: level for name, level in levels.items() if name.split(".")[0] in LIBRARIES
        }
        assert {"faust.transport.consumer", "mode.services"} <= of_libraries.keys()
        assert any(name.startswith("aiokafka.") for name in of_libraries)
        loud = {name for name, level in of_libraries.items() if level <= logging.INFO}
        assert loud == set()
