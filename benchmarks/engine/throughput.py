"""How many events a second one process brings from the log to committed rows and outputs.

The load is on the broker before a system starts, so nothing but the system and the broker works.
The rate is read from the group's committed source offsets, which is the same for every system:
from the first commit behind the warm-up to the first one behind 97 % of the load (the last events
of a log are few and alone, and a system that commits by time would be charged for its pause).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks.engine.bench import RUN_FAILURES, Bench
from benchmarks.engine.broker import Broker, Progress, create_job_topics, forget, load
from benchmarks.engine.events import Event, Expected, expected, zipf_events
from benchmarks.engine.job import SOURCES
from benchmarks.engine.judge import judge
from benchmarks.engine.results import median_line, say
from benchmarks.engine.systems import (
    DUNNOCK,
    FAUST,
    LOOP,
    QUIX_ALO,
    QUIX_EOS,
    STREAMS_EOS,
    Run,
    Started,
    last_words,
)
from benchmarks.engine.usage import cpu_s, rss_peak_mb

NAME = "throughput"
PARTITIONS = 8
SEED = 20_260_401
WARM_SHARE = 0.2
END_SHARE = 0.97
POLL_S = 0.05
FIRST_S = 60.0
#: Events of a run as a share of `--events`: so that each is measured for about as long.
SHARES = {
    DUNNOCK: 1.0,
    LOOP: 1.0,
    QUIX_EOS: 0.3,
    QUIX_ALO: 0.3,
    STREAMS_EOS: 0.6,
    FAUST: 0.03,
}


@dataclass(slots=True)
class Mark:
    """Where a run stood at one moment."""

    at: float
    committed: int
    cpu_s: float
    broker_cpu_s: float


class Loads:
    """Loads and what must come of them, made once for each size."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[list[Event], Expected]] = {}

    def of(self, count: int) -> tuple[list[Event], Expected]:
        """The first `count` events of the reference job."""
        if count not in self._made:
            events = zipf_events(count, SEED)
            self._made[count] = events, expected(events)
        return self._made[count]


def bench(at: Bench) -> None:
    """Interleaved rounds over all systems; the first is thrown away."""
    loads = Loads()
    systems = [one for one in SHARES if one in at.systems]
    if STREAMS_EOS in systems:
        warm_up_streams(at, loads)
    rounds: dict[str, list[dict[str, Any]]] = {one: [] for one in systems}
    for number in at.numbers:
        for system in systems:
            count = int(at.events * SHARES[system])
            found = one_run(at, system, *loads.of(count))
            say(f"throughput round {number} {system}: {found}")
            if number > 0:
                rounds[system].append(found)
    for system in systems:
        at.results.add(median_line(NAME, system, "events/s", rounds[system]))


def one_run(at: Bench, system: str, events: list[Event], wanted: Expected) -> dict[str, Any]:
    """Load, run, measure, stop, judge. What fails is told; the other runs go on."""
    try:
        return _one_run(at, system, events, wanted)
    except RUN_FAILURES as why:
        return {"value": None, "correct": False, "why": f"{type(why).__name__}: {why}"}


def _one_run(at: Bench, system: str, events: list[Event], wanted: Expected) -> dict[str, Any]:
    run = at.run(system, PARTITIONS)
    create_job_topics(run.broker, run.prefix, PARTITIONS)
    load(run.broker, run.prefix, events)
    began = time.monotonic()
    with at.systems_running.running(system, run) as started:
        marks = _followed(run, started, len(events), at.limit_s)
        memory = rss_peak_mb(started.pid) if started.lives() else None
    if marks is None:
        why = f"not done in {at.limit_s:.0f} s, or it ended: {last_words(run)}"
        return {"value": None, "correct": False, "why": why}
    verdict = judge(system, run, wanted)
    forget(run.broker, run.prefix)
    first, last = marks
    done = last.committed - first.committed
    return {
        "value": done / (last.at - first.at),
        "correct": verdict.correct,
        **({} if verdict.correct else {"verdict": str(verdict)}),
        "cpu_s_per_1000": (last.cpu_s - first.cpu_s) / done * 1000,
        "broker_cpu_s_per_1000": (last.broker_cpu_s - first.broker_cpu_s) / done * 1000,
        "rss_mb": memory,
        "events": len(events),
        "measured_events": done,
        "started_s": first.at - began,
    }


def _followed(run: Run, started: Started, total: int, limit_s: float) -> tuple[Mark, Mark] | None:
    """The marks at both ends of what is measured; None when it did not end in time.

    A load so small that one commit has all of it is measured from the start of the process.
    """
    topics = [run.prefix + topic for topic in SOURCES]
    deadline = time.monotonic() + limit_s
    begin = first = last = None
    with Progress(run.broker, run.group, topics, run.partitions) as progress:
        while time.monotonic() < deadline and started.lives():
            now = _mark(run.broker, started, progress)
            begin = begin or now
            if first is None and now.committed >= total * WARM_SHARE:
                first = now
            if last is None and now.committed >= total * END_SHARE:
                last = now
            if now.committed >= total and first is not None and last is not None:
                return (first if last.committed > first.committed else begin), last
            time.sleep(POLL_S)
    return None


def _mark(broker: Broker, started: Started, progress: Progress) -> Mark:
    committed = progress.committed()
    return Mark(time.monotonic(), committed, cpu_s(started.pid), cpu_s(broker.pid))


def warm_up_streams(at: Bench, loads: Loads | None = None) -> None:
    """Let the JVM compile, once: it works for as long as the bench says, nothing is measured."""
    if at.systems_running.streams_warm:
        return
    at.systems_running.streams_warm = True
    loads = loads or Loads()
    until = time.monotonic() + at.streams_warm_up_s
    events, wanted = loads.of(int(at.events * SHARES[STREAMS_EOS]))
    while time.monotonic() < until:
        one_run(at, STREAMS_EOS, events, wanted)
    say("kafka-streams-eos: warm")
