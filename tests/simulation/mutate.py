"""`make simulate-mutations`: each mutation of the engine must be caught by the simulation.

A mutation is a unified diff against a shipped file. It is applied to a copy of the tree, never to
the checkout; one that no longer applies fails the run. The seed that catches it must pass
on the engine as it is. NAME=… runs one, SEEDS=1000 bounds the hunt, EVENTS=100 the worlds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MUTATIONS = Path(__file__).with_name("mutations")
SEEDS = 1_000
EVENTS = 100
_TREE = (
    "agents",
    "connectors",
    "domain",
    "dunnock",
    "runtime",
    "simulators",
    "streams",
    "tables",
    "tests/simulation",
    "tests/faults/checker",
)


class StaleMutation(Exception):
    """The diff does not apply to the shipped file any more: write it anew."""


@dataclass(frozen=True)
class Caught:
    """What became of one mutation. No seed: it lives."""

    name: str
    file: str
    diff: str
    seed: int | None
    wrong: str
    run: int
    sound: bool

    @property
    def holds(self) -> bool:
        return self.seed is not None and self.sound


def mutations(names: Iterable[str] = ()) -> list[Path]:
    """The diffs, all or those named."""
    wanted = set(names)
    return sorted(p for p in MUTATIONS.glob("*.diff") if not wanted or p.stem in wanted)


def applied(diff: Path, target: Path, *, only_its_file: bool = False) -> str:
    """Copy the tree to `target`, apply the diff, give the file it changes. Raises StaleMutation."""
    file = next(
        line.removeprefix("+++ b/").strip()
        for line in diff.read_text().splitlines()
        if line.startswith("+++ b/")
    )
    if file.startswith("tests/"):
        raise StaleMutation(f"{diff.name} changes no shipped file")
    for part in (file,) if only_its_file else _TREE:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_file():
            shutil.copy(ROOT / part, target / part)
        else:
            skip = shutil.ignore_patterns("__pycache__", "*.diff")
            shutil.copytree(ROOT / part, target / part, ignore=skip)
    _apply(diff, target)
    return file


def _apply(diff: Path, target: Path) -> None:
    done = subprocess.run(
        ["git", "apply", "--recount", str(diff)],
        cwd=target,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(target.parent)},
    )
    if done.returncode:
        raise StaleMutation(f"{diff.name}: {done.stderr.strip()}")


def hunted(tree: Path, first: int, count: int, events: int) -> dict[str, Any]:
    """Run seeds in a tree until one fails."""
    command = [sys.executable, "-m", "tests.simulation.hunt", *map(str, (first, count, events))]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(
        command, cwd=tree, capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def caught(diff: Path, seeds: int = SEEDS, events: int = EVENTS) -> Caught:
    """Hunt one mutation, and see that the engine as it is passes where the mutation fails."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        file = applied(diff, Path(folder))
        found = hunted(Path(folder), 0, seeds, events)
    seed = found["seed"]
    sound = seed is not None and hunted(ROOT, seed, 1, events)["seed"] is None
    wrong = str(found["wrong"])[:200]
    return Caught(diff.stem, file, diff.read_text(), seed, wrong, found["run"], sound)


def main() -> int:
    """See the module."""
    env = os.environ.get
    diffs = mutations((env("NAME") or "").split())
    seeds, events = int(env("SEEDS") or SEEDS), int(env("EVENTS") or EVENTS)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda diff: caught(diff, seeds, events), diffs):
            failed += not found.holds
            print(f"{found.name} ({found.file})\n{found.diff.rstrip()}")
            if found.seed is None:
                print(f"=> LIVES after {found.run:,} seeds\n", flush=True)
            else:
                told = "" if found.sound else " BUT THE ENGINE AS IT IS FAILS THERE, TOO"
                print(f"=> caught by seed {found.seed}: {found.wrong}{told}\n", flush=True)
    print(f"{len(diffs) - failed} of {len(diffs)} mutations caught within {seeds:,} seeds")
    return 1 if failed or not diffs else 0


if __name__ == "__main__":
    sys.exit(main())
