"""Await sites: where in the product a task stands while it waits, and which of them there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.simulation.world.chaos import Tally
from tests.simulation.world.loop import SimTask
from tests.simulation.world.process import Process

ROOT = Path(__file__).resolve().parents[3]
#: What runs as it is in a simulated world and awaits something.
MODULES = (
    "streams/core/lane.py",
    "streams/core/slices.py",
    "streams/core/end_offsets.py",
    "streams/core/group_commit.py",
    "streams/core/pool.py",
    "dunnock/dispatching/delivery.py",
    "dunnock/dispatching/intake.py",
    "dunnock/dispatching/outbox.py",
    "dunnock/dispatching/withdrawals.py",
    "connectors/kafka_io.py",
    "connectors/postgres/dispatches.py",
    "connectors/postgres/grouped.py",
    "connectors/gateways/http.py",
    "connectors/gateways/smtp.py",
    "connectors/bureaus/ask.py",
    "agents/request_checks.py",
)
_OF_WORKERS = ("streams/core/", "connectors/bureaus/", "agents/")
_OF_DISPATCHERS = (
    "streams/core/pool.py",
    "dunnock/",
    "connectors/kafka_io.py",
    "connectors/postgres/",
    "connectors/gateways/",
)
_FILES = {str(ROOT / module): module for module in MODULES}


@cache
def enumerated() -> dict[tuple[str, int], str]:
    """(file, line) of every line of an await in the modules -> its name."""
    found: dict[tuple[str, int], str] = {}
    for path, module in _FILES.items():
        for function in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(function, ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
                        last = node.end_lineno if isinstance(node, ast.Await) else node.lineno
                        for line in range(node.lineno, (last or node.lineno) + 1):
                            found[path, line] = f"{module}:{node.lineno} {function.name}"
    return found


@cache
def names(kind: str = "") -> list[str]:
    """Every site, or those where a `worker` or a `dispatcher` can stand, in a fixed order."""
    modules = {"worker": _OF_WORKERS, "dispatcher": _OF_DISPATCHERS, "": ("",)}[kind]
    return sorted(name for name in set(enumerated().values()) if name.startswith(modules))


def where(task: SimTask) -> Iterator[str]:
    """Where the task stands now: its own await, and those of whom it waits for."""
    known = enumerated()
    coroutine: Any = task.get_coro()
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        name = known.get((frame.f_code.co_filename, frame.f_lineno))
        if name is not None:
            yield name
        coroutine = coroutine.cr_await


def note_killed(tally: Tally, process: Process) -> None:
    """Write down where each task of the process stood."""
    killed = tally.sites.setdefault("killed", set())
    for task in process.tasks:
        if not task.done():
            killed.update(where(task))
