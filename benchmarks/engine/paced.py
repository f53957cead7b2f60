"""Events at a fixed rate through a system, and how long each took until a reader held its output.

From the input's CreateTime to another process that reads committed. Writer and reader are processes
of their own, so that neither waits for the other or for us.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine.broker import Progress, load
from benchmarks.engine.events import Event, Expected, events, expected, zipf_customers
from benchmarks.engine.job import APPLICATIONS, OUTPUTS, SOURCES
from benchmarks.engine.systems import ROOT, Run, Started
from dunnock.embedded.process import Program, spawn, stop

RATE = 1_000
PRIMER = 400
PRIMER_S = 90.0
#: How long outputs may take after the last event before the run is given up.
GRACE_S = 30.0
WARM_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Due:
    """An event and its time, seconds after the start."""

    at_s: float
    event: Event


@dataclass(frozen=True, slots=True)
class Sample:
    """One output: how long after its event it was held, and where."""

    number: int
    at_s: float
    took_ms: float
    partition: int


def paced_plan(seconds: float, seed: int, *, rate: float = RATE) -> list[Due]:
    """The reference load at a rate, at random times: arrivals of a Poisson process."""
    count = int(rate * seconds)
    rng = random.Random(seed)
    times = sorted(rng.uniform(0, seconds) for _ in range(count))
    load_events = events(zipf_customers(count, seed), seed, first=PRIMER)
    return [Due(at, event) for at, event in zip(times, load_events, strict=True)]


def primer(seed: int) -> list[Event]:
    """What a system handles before the plan begins: when that is committed, it is awake."""
    return events(zipf_customers(PRIMER, seed), seed)


def wanted_of(seed: int, plan: Sequence[Due]) -> Expected:
    """What must be there after the primer and the plan."""
    wanted = expected([*primer(seed), *(due.event for due in plan)])
    return Expected(wanted.rows, wanted.outputs)


def play(run: Run, started: Started, plan: Sequence[Due], seed: int) -> list[Sample]:
    """Prime, play the plan, give a sample for each output in the order in which it was held.

    Raises TimeoutError when the system does not handle everything in time; an output that never
    came is missing from the samples.
    """
    load(run.broker, run.prefix, primer(seed))
    wait_committed(run, started, PRIMER, PRIMER_S)
    asking = _places_of_applications(plan)
    paths = [run.directory / name for name in ("plan", "created", "held")]
    _write_plan(paths[0], plan)
    limit_s = plan[-1].at_s + GRACE_S
    broker = run.broker.address
    with ExitStack() as stack:
        held = (broker, run.prefix + OUTPUTS, str(len(asking)), str(paths[2]), str(limit_s + 10))
        reading = _start(stack, "reader", held, run.directory)
        _wait_for(Path(f"{paths[2]}.ready"), reading)
        written = (broker, run.prefix, str(paths[0]), str(paths[1]))
        writing = _start(stack, "writer", written, run.directory)
        if writing.wait(limit_s) != 0 or reading.wait(limit_s) != 0:
            raise RuntimeError(f"writer or reader failed: see {run.directory}")
    wait_committed(run, started, PRIMER + len(plan), GRACE_S)
    return _samples(plan, asking, paths[1], paths[2])


def _places_of_applications(plan: Sequence[Due]) -> dict[int, int]:
    """Where in the plan the events are that ask for an output, by their number."""
    found = {}
    for place, due in enumerate(plan):
        if due.event.topic == APPLICATIONS:
            with contextlib.suppress(ValueError):  # a poison record asks for nothing
                found[json.loads(due.event.value)["data"]["n"]] = place
    return found


def _write_plan(path: Path, plan: Iterable[Due]) -> None:
    with path.open("w") as file:
        for due in plan:
            key, value = due.event.key.decode(), due.event.value.decode()
            file.write(f"{due.at_s:.6f}\t{due.event.topic}\t{key}\t{value}\n")


def wait_committed(run: Run, started: Started, count: int, limit_s: float) -> None:
    """Until the system has committed so many source events. Raises TimeoutError."""
    topics = [run.prefix + topic for topic in SOURCES]
    deadline = time.monotonic() + limit_s
    with Progress(run.broker, run.group, topics, run.partitions) as progress:
        while (found := progress.committed()) < count:
            if time.monotonic() > deadline or not started.lives():
                raise TimeoutError(f"{found} of {count} events committed in {limit_s:.0f} s")
            time.sleep(0.1)


def _start(
    stack: ExitStack, name: str, arguments: tuple[str, ...], directory: Path
) -> subprocess.Popen[bytes]:
    program = Program(
        name=name,
        argv=(sys.executable, "-m", f"benchmarks.engine.{name}", *arguments),
        address="",
        probe=lambda: None,
        env={"PYTHONPATH": str(ROOT)},
    )
    process = spawn(program, directory / f"{name}.log")
    stack.callback(stop, process, program.stop_signal)
    return process


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + GRACE_S
    while not path.exists():
        if time.monotonic() > deadline or process.poll() is not None:
            raise TimeoutError(f"no {path.name}")
        time.sleep(0.02)


def _samples(
    plan: Sequence[Due], asking: Mapping[int, int], created: Path, held: Path
) -> list[Sample]:
    times = [float(line) for line in created.read_text().split()]
    found = []
    for line in held.read_text().splitlines():
        number, at, partition = line.split("\t")
        place = asking.get(int(number))
        if place is not None:
            took_ms = (float(at) - times[place]) * 1000
            found.append(Sample(int(number), plan[place].at_s, took_ms, int(partition)))
    return found


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
