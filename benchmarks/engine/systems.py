"""The systems under test: how each is started on a run, and where it leaves its rows."""

from __future__ import annotations

import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.engine.broker import Broker
from dunnock.embedded.kafka import java
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import Program, running

ROOT = Path(__file__).resolve().parents[2]
PEERS_PYTHON = ROOT / ".peers" / "bin" / "python"
STREAMS = ROOT / "benchmarks" / "engine" / "kafka_streams" / "target"
STREAMS_HEAP = "-Xmx1g"
START_S = 60.0
#: How often the peers that commit by time do it, where a bench says nothing else: often enough
#: for the rate to be read from the commits, seldom enough to cost them nothing.
COMMIT_MS = 1_000

DUNNOCK = "dunnock"
FAUST = "faust"
QUIX_ALO = "quix-alo"
QUIX_EOS = "quix-eos"
LOOP = "confluent-loop"
STREAMS_EOS = "kafka-streams-eos"


@dataclass(frozen=True, slots=True)
class Run:
    """One start of one system: topics, groups and directory of its own."""

    broker: Broker
    prefix: str
    partitions: int
    directory: Path
    commit_ms: int = COMMIT_MS
    worker: str = "w1"
    """Name of the worker, where a run has several."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return f"{self.prefix}app"


@dataclass(frozen=True, slots=True)
class Started:
    """A system that runs: its process, and its own web where it has one."""

    pid: int
    lives: Callable[[], bool]
    port: int = 0


class Systems:
    """Starts systems. Kafka Streams keeps one JVM over all runs, for its code must be warm."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self._streams: Started | None = None
        self.streams_warm = False
        """Whether its JVM has worked for as long as a bench wants it to."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    @contextmanager
    def running(self, system: str, run: Run) -> Iterator[Started]:
        """The system on this run, for the length of the block; then it is asked to stop."""
        run.directory.mkdir(parents=True, exist_ok=True)
        if system == STREAMS_EOS:
            with self._running_streams(run) as started:
                yield started
            return
        port = free_port()
        program = worker_program(run, port) if system == DUNNOCK else _peer(system, run)
        with running(program, run.directory / f"{run.worker}.log", START_S) as process:
            yield Started(process.pid, lambda: process.poll() is None, port)

    @contextmanager
    def _running_streams(self, run: Run) -> Iterator[Started]:
        host = self._streams or self._start_jvm(run.directory.parent)
        asked = {
            "kafka": run.broker.address,
            "prefix": run.prefix,
            "app": run.group,
            "dir": str(run.directory),
        }
        if run.commit_ms != COMMIT_MS:  # its own default for exactly once is 100 ms
            asked["commit"] = str(run.commit_ms)
        _ask(host.port, f"/start?{urllib.parse.urlencode(asked)}")
        try:
            yield host
        finally:
            _ask(host.port, "/stop")

    def _start_jvm(self, directory: Path) -> Started:
        port = free_port()
        classes = f"{STREAMS / 'classes'}:{STREAMS / 'libs'}/*"
        program = Program(
            name=STREAMS_EOS,
            argv=(java(), STREAMS_HEAP, "-cp", classes, "bench.Main", str(port)),
            address=f"http://127.0.0.1:{port}",
            probe=lambda: _ask(port, "/state"),
        )
        log = directory / "kafka-streams.log"
        process = self._kept.enter_context(running(program, log, START_S))
        self._streams = Started(process.pid, lambda: process.poll() is None, port)
        return self._streams


def _ask(port: int, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=START_S) as answer:
        answer.read()


def worker_program(
    run: Run, port: int, module: str = "benchmarks.engine.dunnock_worker"
) -> Program:
    """A worker of Dunnock: `module` is one of this bench's worker programs."""
    return Program(
        name=run.worker,
        argv=(sys.executable, "-m", module),
        address=f"http://127.0.0.1:{port}",
        probe=_no_probe,
        env={
            "PYTHONPATH": str(ROOT),
            "DUNNOCK_KAFKA": run.broker.address,
            "DUNNOCK_TOPIC_PREFIX": run.prefix,
            "DUNNOCK_APP_ID": "app",
            "DUNNOCK_PARTITIONS": str(run.partitions),
            "DUNNOCK_PROCESS_NAME": run.worker,
            "DUNNOCK_DATA_DIR": str(run.directory / "data"),
            "DUNNOCK_LISTEN_PORT": str(port),
            "DUNNOCK_STANDBY_REPLICAS": "0",
            # There is no Redis here; the worker says so once and goes on.
            "REDIS_URL": "redis://127.0.0.1:1/0",
            **run.environment,
        },
    )


def _peer(system: str, run: Run) -> Program:
    module = {FAUST: "faust_peer", LOOP: "loop_peer"}.get(system, "quix_peer")
    return Program(
        name=system,
        argv=(str(PEERS_PYTHON), str(ROOT / "benchmarks" / "engine" / "peers" / f"{module}.py")),
        address=run.broker.address,
        probe=_no_probe,
        env={
            "BENCH_ROOT": str(ROOT),
            "BENCH_KAFKA": run.broker.address,
            "BENCH_PREFIX": run.prefix,
            "BENCH_GROUP": run.group,
            "BENCH_PARTITIONS": str(run.partitions),
            "BENCH_DIR": str(run.directory),
            "BENCH_COMMIT_MS": str(run.commit_ms),
            "BENCH_GUARANTEE": "exactly-once" if system == QUIX_EOS else "at-least-once",
            **run.environment,
        },
    )


def _no_probe() -> None:
    """A bench waits for what a system commits, not for the system to say that it is ready."""


def wait_ready(started: Started, limit_s: float = START_S) -> None:
    """Until a worker of Dunnock has recovered and its lanes are open."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            _ask(started.port, "/readyz")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def last_words(run: Run) -> str:
    """The last line of a system's log, for a report of what went wrong."""
    log = run.directory / f"{run.worker}.log"
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "no log")


def is_changelog(system: str, topic: str) -> bool:
    """Whether this topic of a run is the changelog of the customers' rows."""
    if system == STREAMS_EOS:
        return topic.endswith("-customers-changelog")
    if system in {QUIX_ALO, QUIX_EOS}:
        return topic.startswith("changelog__")
    return topic.endswith("-customer_history-changelog")


def row_key(system: str, key: bytes) -> str:
    """The customer a changelog record is about."""
    # Quix Streams writes the record's key, a bar and the name inside the state.
    return (key.split(b"|", 1)[0] if system in {QUIX_ALO, QUIX_EOS} else key).decode()
