"""Directories, secrets and the lock of a stack."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import namedtuple
from dataclasses import asdict
from pathlib import Path

import pytest

from dunnock import importing_command, installation, up
from dunnock.embedded.problems import Problem
from dunnock.stack import Plan


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_two_stacks_never_share_a_directory() -> None:
    with installation.opened(ephemeral=False), pytest.raises(Problem) as told:
        with installation.opened(ephemeral=False):
            pass
    assert f"(pid {os.getpid()})" in str(told.value)
    assert "--ephemeral --ports auto" in str(told.value)


def test_a_clean_end_leaves_no_stale_lock() -> None:
    for _ in range(2):
        with installation.opened(ephemeral=False) as home:
            assert home.left_by == 0


def test_the_lock_of_a_killed_stack_is_recognised() -> None:
    code = (
        "from dunnock import installation; import time\n"
        "with installation.opened(ephemeral=False): print('in', flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"in\n"
        holder.send_signal(signal.SIGKILL)
    with installation.opened(ephemeral=False) as home:
        assert home.left_by == holder.pid


def test_an_ephemeral_stack_keeps_nothing(tmp_path: Path) -> None:
    with installation.opened(ephemeral=True) as home:
        (home.data / "row").write_text("x")
        assert home.data.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_ephemeral_stack_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / "dunnock-up-left"
    left.mkdir()
    (left / "up.lock").write_text("1")
    os.utime(left, (0, 0))
    with installation.opened(ephemeral=True):
        assert not left.exists()


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    made = installation.kept_secrets(tmp_path)
    assert installation.kept_secrets(tmp_path) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert {login.role for login in made.logins} == {
        "analyst",
        "agent",
        "policy",
        "operator",
        "admin",
    }
    assert len({login.password for login in made.logins}) == 6
    # Nothing goes live without a second person: there are two who may publish.
    assert [login.role for login in made.logins].count("policy") == 2


@pytest.mark.parametrize("clock", ["simulated", "real"])
def test_commands_beside_a_stack_go_by_its_clock(
    clock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its file, and in its directory; the shell need not say it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DUNNOCK_CLOCK", raising=False)

    class Stack:
        def __init__(self, plan: Plan, home: installation.Installation, *_: object) -> None:
            said = up.described(plan, {}, home.logs)
            installation.write_atomically(tmp_path / "up.json", json.dumps(said))

        async def run(self) -> None:
            return

    monkeypatch.setattr(up, "_Stack", Stack)
    words = {"json": None, "ephemeral": False, "ports": "auto", "workers": 1, "no_traffic": True}
    up.up(argparse.Namespace(**words, clock=clock, only=""))
    assert importing_command.installation("up.json").clock == clock
    assert importing_command.installation(None).clock == clock
    other = json.loads(Path("up.json").read_text())
    del other["clock"]
    Path("older.json").write_text(json.dumps(other))
    assert importing_command.installation("older.json").clock == "real"


def test_an_older_installation_gets_the_users_that_came_since(tmp_path: Path) -> None:
    made = installation.kept_secrets(tmp_path)
    older = asdict(made)
    older["logins"] = [login for login in older["logins"] if login["user"] != "policy-2"]
    installation.write_atomically(tmp_path / "secrets.json", json.dumps(older))
    found = installation.kept_secrets(tmp_path)
    assert {login.user for login in found.logins} == {login.user for login in made.logins}
    assert set(made.logins) - set(found.logins) == {made.logins[3]}
    assert installation.kept_secrets(tmp_path) == found


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  as shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1024 * 1024))
    with pytest.raises(Problem, match="Only 1 MB are free .* free at least 500 MB"):
        with installation.opened(ephemeral=False):
            pass


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".dunnock").write_text("a file where the directory should be")
    with pytest.raises(Problem, match="cannot be written"):
        with installation.opened(ephemeral=False):
            pass
