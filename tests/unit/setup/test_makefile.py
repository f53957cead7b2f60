"""`make help` names what the README promises, and CI runs `make test`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_help_prints_every_documented_target() -> None:
    # `make test` runs this: its own flags are not ours.
    outer = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        ["make", "help"],
        cwd=ROOT,
        env=outer,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    shown = {line.split()[1] for line in done.stdout.splitlines()}
    assert shown >= {"setup", "demo", "test", "check", "faults", "bench-flow", "help"}
    assert done.stderr == ""


def test_ci_runs_all_tests_and_the_2000_worlds() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert "set -euo pipefail" in lines  # so either command's failure is that of the whole
    assert [line for line in lines if line.startswith("make ")] == ["make test", "make simulate"]
