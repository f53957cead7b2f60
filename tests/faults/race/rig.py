"""What the race needs of the stack: a broker, the databases and watched workers, nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dunnock.embedded.ports import free_port
from tests.faults.stack import end_with_us

READY_S_MAX = 120.0
ENDS_S_MAX = 30.0
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers listen, and the prefix that keeps runs apart."""

    kafka: str
    database_url: str
    redis_url: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Question:
    """One time that a worker asked the broker for end offsets, and for whom."""

    asked: float
    answered: float
    ends: dict[str, int]
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rig:
    """Ready workers, and what they note."""

    servers: Servers
    group: str
    notes: tuple[Path, ...]
    signals: socket.socket

    def signalled(self) -> Iterator[tuple[str, str]]:
        """New signs: `due` or `asks`, and the look's name."""
        while True:
            try:
                kind, _, ref = self.signals.recv(4096).decode().partition("|")
            except BlockingIOError:
                return
            yield kind, ref

    def questions(self) -> Iterator[Question]:
        """All so far."""
        for found in self._noted():
            if "asked" in found:
                yield Question(
                    found["asked"], found["answered"], found["ends"], tuple(found["refs"])
                )

    def decisions(self) -> dict[str, float]:
        """By a look's name, when it was decided (last, if a batch was repeated)."""
        return {found["ref"]: found["decided"] for found in self._noted() if "decided" in found}

    def _noted(self) -> Iterator[dict[str, Any]]:
        """A line that is being written is left for the next time."""
        for note in self.notes:
            for line in note.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    found: dict[str, Any] = json.loads(line)
                    yield found


@contextmanager
def racing_workers(
    servers: Servers, place: Path, *, workers: int = 1, hasty: bool = False
) -> Iterator[Rig]:
    """Topics, tables and workers of a run of its own on these servers."""
    place.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "DUNNOCK_KAFKA": servers.kafka,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "DUNNOCK_TOPIC_PREFIX": servers.prefix,
    }
    subprocess.run([sys.executable, "-m", "dunnock", "prepare"], env=environment, check=True)
    with ExitStack() as running:
        signals = running.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        signals.bind(("127.0.0.1", 0))
        signals.setblocking(False)
        variant = ["--signal-port", str(signals.getsockname()[1]), *(["--hasty"] if hasty else [])]
        notes = []
        for number in range(workers):
            note = place / f"looks-{number}.jsonl"
            note.touch()
            notes.append(note)
            mine = environment | {
                "DUNNOCK_PROCESS_NAME": f"{servers.prefix}worker-{number}",
                "DUNNOCK_DATA_DIR": str(place / f"data-{number}"),
            }
            options = ["--notes", str(note), *variant]
            running.enter_context(_worker(mine, place / f"worker-{number}.log", options))
        yield Rig(servers, f"{servers.prefix}dunnock", tuple(notes), signals)


@contextmanager
def _worker(environment: dict[str, str], log: Path, options: list[str]) -> Iterator[None]:
    port = free_port()
    environment |= {
        "DUNNOCK_LISTEN_PORT": str(port),
        "DUNNOCK_OWN_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "tests.faults.race.worker_variant", *options]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_us,  # noqa: PLW1509  only libc is called
        )
    try:
        _wait_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(ENDS_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + READY_S_MAX
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:  # not there yet, or 503
            pass
        if process.poll() is not None or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"the worker did not get ready ({process.poll()}):\n{tail}")
        time.sleep(0.2)
