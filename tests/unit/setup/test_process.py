"""A started program never outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dunnock.embedded import kafka, postgres
from dunnock.embedded.problems import Problem

_PARENT = """
import sys, time
from pathlib import Path
from dunnock.embedded.process import Program, spawn
program = Program(name="child", argv=(sys.executable, "-c", "import time; time.sleep(600)"),
                  address="", probe=lambda: None)
print(spawn(program, Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def test_kill_9_of_the_parent_takes_the_child_along(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "child.log")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_missing_java_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Problem, match="Java is missing: install Java 17"):
        kafka.java()


def test_missing_jars_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kafka, "JARS", tmp_path)
    with pytest.raises(Problem, match="jars are missing .* run `make setup`"):
        kafka.prepare(tmp_path, port=1, controller_port=2)


def test_a_stale_pid_file_of_postgres_is_removed(tmp_path: Path) -> None:
    """After a crash the pid in it may belong to any other program: here, to this test."""
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    postgres._drop_stale_pid_file(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
