"""Runs seeds until one fails: `python -m tests.simulation.hunt FIRST COUNT EVENTS` in any tree.

Prints one JSON object: the seed that failed and what was wrong, and how many were run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import streams
from tests.simulation.outcome import outcome, silence
from tests.simulation.world.plan import plan


def main() -> None:
    """See the module."""
    first, count, events = map(int, sys.argv[1:4])
    assert Path.cwd() in Path(streams.__path__[0]).parents, "another tree would be run"
    silence()
    for seed in range(first, first + count):
        try:
            wrong = outcome(plan(seed, events)).wrong
        except Exception as error:  # noqa: BLE001 - a tree that is mutated may do anything
            wrong = [f"judge: {error!r}"]
        if wrong:
            print(json.dumps({"seed": seed, "wrong": wrong[0], "run": seed - first + 1}))
            return
    print(json.dumps({"seed": None, "wrong": None, "run": count}))


if __name__ == "__main__":
    main()
