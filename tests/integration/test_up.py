"""`dunnock up` on real servers: what it writes, what it restarts, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from dunnock.processes import SIMULATORS

SERVERS = "kafka,postgres,redis,prepare,simulator"
_MARK = "DUNNOCK_TEST_RUN"


@contextmanager
def up(place: Path, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a directory of its own; ended, and nothing of it left, afterwards."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "-m", "dunnock", "up", "--json", str(place / "up.json"), *words]
    with subprocess.Popen(
        command,
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, **variables, "TMPDIR": str(place), _MARK: str(place)},
    ) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.communicate(timeout=60)
            finally:
                started.kill()


@pytest.fixture
def place(server_dir: Path, request: pytest.FixtureRequest) -> Path:
    """A directory that another account may walk into."""
    made = server_dir / request.node.name
    made.mkdir(mode=0o711)
    return made


def of_this_run(place: Path) -> list[int]:
    """Every process that inherited the mark of the run."""
    mark = f"{_MARK}={place}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def until(condition: Callable[[], Any], bound_s: float) -> Any:
    deadline = time.monotonic() + bound_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "not within its time"
        time.sleep(0.05)
    return value


def addresses(place: Path) -> dict[str, Any]:
    file = place / "up.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pytest.mark.slow
def test_the_servers_are_up_restarted_and_gone(place: Path) -> None:
    with up(place, "--ephemeral", "--ports", "auto", "--only", SERVERS) as started:
        found = until(lambda: addresses(place), 120)
        _has_the_shape_of_the_contract(found)
        assert AdminClient({"bootstrap.servers": found["kafka"]}).list_topics(timeout=10).topics

        for name in ("redis", "simulator-sms", "kafka"):
            os.kill(found["pids"][name], signal.SIGKILL)
            until(lambda name=name: _new_pid(place, name, found["pids"][name]), 10)
        sms = found["simulators"]["sms"]
        until(lambda: _answers(f"{sms}/readyz"), 30)
        until(lambda: _serves(found["kafka"]), 60)

        started.send_signal(signal.SIGINT)
        said = started.communicate(timeout=60)[1]
    assert started.returncode == 0
    assert "redis ended (SIGKILL)" in said
    assert "kafka is started again as process" in said
    assert of_this_run(place) == []
    assert [path.name for path in place.iterdir()] == ["up.json"]


@pytest.mark.slow
def test_the_whole_stack_as_the_contract_has_it(place: Path) -> None:
    words = ("--ephemeral", "--ports", "auto", "--no-traffic", "--clock", "simulated")
    with up(place, *words, "--workers", "1") as started:
        found = until(lambda: addresses(place), 180)
        _has_the_shape_of_the_contract(found)
        assert set(found["pids"]) == {
            *("kafka", "postgres", "redis", "worker-0", "web", "projector", "importer"),
            *(f"dispatcher-{kind}" for kind in ("sms", "push", "email", "letter")),
            *(f"simulator-{kind}" for kind in SIMULATORS),
        }
        assert _answers(f"{found['web']}/readyz")
        assert _now(found) == "2026-06-01T09:00:00Z"

        killed = ("worker-0", "dispatcher-sms", "web")
        for name in killed:
            os.kill(found["pids"][name], signal.SIGKILL)
        for name in killed:
            until(lambda name=name: _new_pid(place, name, found["pids"][name]), 10)
        until(lambda: _answers(f"{found['web']}/readyz"), 90)
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=60)
    assert started.returncode == 0
    assert of_this_run(place) == []
    assert [path.name for path in place.iterdir()] == ["up.json"]


@pytest.mark.slow
def test_kill_9_of_the_supervisor_leaves_no_process_and_the_next_run_takes_over(
    place: Path,
) -> None:
    words = ("--ports", "auto", "--only", "kafka,postgres,redis")
    with up(place, *words) as first:
        password = until(lambda: addresses(place), 120)["logins"][0]["password"]
        first.kill()
        until(lambda: of_this_run(place) == [], 15)
    (place / "up.json").unlink()
    with up(place, *words) as second:
        assert until(lambda: addresses(place), 120)["logins"][0]["password"] == password
        second.send_signal(signal.SIGTERM)
        said = second.communicate(timeout=60)[1]
    assert f"The run before (process {first.pid}) did not end cleanly" in said
    assert of_this_run(place) == []


def test_a_taken_port_ends_it_with_a_sentence(place: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8101))
            other.listen()
        except OSError:
            pass  # taken already: just as good
        with up(place, "--ephemeral", "--only", "simulator-sms") as started:
            said = started.communicate(timeout=30)[1]
    assert started.returncode == 1
    assert "8101 (simulator-sms) taken by another program" in said
    assert "Traceback" not in said


def test_servers_of_ones_own_are_used_as_they_are(
    place: Path, database_url: str, redis_url: str
) -> None:
    own = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    with up(
        place, "--ephemeral", "--ports", "auto", "--only", "postgres,redis,simulator-sms", **own
    ):
        found = until(lambda: addresses(place), 60)
    assert (found["postgres"], found["redis"]) == (database_url, redis_url)
    assert set(found["pids"]) == {"simulator-sms"}


def _new_pid(place: Path, name: str, old: int) -> bool:
    return bool(addresses(place)["pids"].get(name, old) != old)


def _now(found: dict[str, Any]) -> str:
    request = urllib.request.Request(
        f"{found['web']}/api/v1/clock", headers={"Authorization": f"Bearer {found['api_key']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        now: str = json.load(answer)["now"]
    return now.replace("+00:00", "Z")


def _serves(kafka: str) -> bool:
    try:
        return bool(AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _has_the_shape_of_the_contract(found: dict[str, Any]) -> None:
    assert set(found) >= {
        "kafka",
        "postgres",
        "redis",
        "web",
        "simulators",
        "pids",
        "api_key",
        "logins",
    }
    assert set(found["simulators"]) == {*SIMULATORS, "smtp"}
    assert found["redis"].startswith("redis://")
    assert found["postgres"].startswith("postgresql://")
    assert all(set(login) >= {"user", "password", "role"} for login in found["logins"])
    assert all(isinstance(pid, int) for pid in found["pids"].values())
