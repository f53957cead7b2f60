"""`dunnock play` itself: exit codes, what it prints, and what it says when it cannot play."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dunnock.main import main
from dunnock.playing.story import find, shipped

FALSE_STORY = """
title = "Nothing happens"
proves = "that a false story is told as one"
[[steps]]
customer = { id = "anna" }
invoice = { id = "i1" }
failed_debit = { invoice = "i1" }
expect_none = true
"""


def test_a_story_is_played_and_its_timeline_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything in and out with its local time, and how the customer stands at the end."""
    assert main(["play", "three_steps", "--in-process"]) == 0
    timeline = capsys.readouterr().out.partition("Timeline of three_steps")[2]
    assert "Mon 2026-06-01 11:00  → direct-debit.failed of anna" in timeline
    assert "Mon 2026-06-15 11:00  ← sms reminder" in timeline
    assert "open: 49.99 EUR" in timeline
    assert "next step: none" in timeline


def test_a_false_story_ends_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says what came out instead."""
    file = tmp_path / "false.toml"
    file.write_text(FALSE_STORY)
    assert main(["play", str(file), "--in-process"]) == 1
    assert "✗ false, step 1, expect_none" in capsys.readouterr().out


def test_the_list_names_every_story(capsys: pytest.CaptureFixture[str]) -> None:
    """With its title."""
    assert main(["play", "--list"]) == 0
    listed = capsys.readouterr().out
    for name in shipped():
        assert f"{name} " in listed
        assert find(name).head.title in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name a scenario"),
        (["no_such_story"], "No scenario no_such_story"),
        (["three_steps", "--stack", "no-such-file.json"], "does not say where a stack is"),
    ],
)
def test_what_cannot_be_played_is_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with what to do, exit code 1."""
    assert main(["play", *arguments]) == 1
    assert said in capsys.readouterr().err


class RealClock(BaseHTTPRequestHandler):
    """A web process on the real clock."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(409)
        self.end_headers()
        self.wfile.write(b'{"type": "real-clock", "detail": "It runs on the real clock."}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing on the output."""


@pytest.fixture
def real_clock() -> Iterator[str]:
    """The address of such a web."""
    server = HTTPServer(("127.0.0.1", 0), RealClock)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def stack_file(place: Path, web: str) -> str:
    """As `dunnock up --json` writes it."""
    file = place / "up.json"
    simulators = dict.fromkeys(("sms", "push", "email"), web)
    said = {"kafka": "127.0.0.1:1", "postgres": "", "web": web, "api_key": "k"}
    said |= {"simulators": simulators}
    file.write_text(json.dumps(said))
    return str(file)


def test_a_stack_on_the_real_clock_is_refused_before_anything_is_published(
    real_clock: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The story would take weeks: it says what to start instead."""
    assert main(["play", "three_steps", "--stack", stack_file(tmp_path, real_clock)]) == 1
    said = capsys.readouterr().err
    assert "real clock" in said
    assert "dunnock up --clock simulated" in said


def test_a_stack_that_does_not_answer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the address that was tried."""
    file = stack_file(tmp_path, "http://127.0.0.1:1")
    assert main(["play", "three_steps", "--stack", file]) == 1
    assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err
