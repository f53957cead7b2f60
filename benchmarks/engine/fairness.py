"""Whether one partition's trouble reaches the others: a hot key, a burst of poison records.

Phases of one worker's run, at 1,000 events a second each: even load, half of it for one key, even
load with bursts of records that are no events for that key's partition. What counts is the p99 of
the *other* partitions' outputs beside that of the same partitions under even load. Every event is
an application here, so that the p99 rests on thousands of outputs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.engine.bench import Bench
from benchmarks.engine.broker import create_job_topics, forget
from benchmarks.engine.events import Event, customer, events, uniform_customers
from benchmarks.engine.job import APPLICATIONS
from benchmarks.engine.judge import judge
from benchmarks.engine.paced import (
    PRIMER,
    RATE,
    Due,
    Sample,
    percentile,
    play,
    wanted_of,
)
from benchmarks.engine.results import median_line, say
from benchmarks.engine.systems import DUNNOCK
from streams.core.partitioner import partition_of

NAME = "fairness"
SEED = 20_260_403
PARTITIONS = 4
CUSTOMERS = 10_000
HOT = 7
HOT_SHARE = 0.5
#: Below what makes a worker stop: see `dead_letters_share` in the settings.
BURST = 300
BURST_EVERY_S = 2.0
POISON = Event(APPLICATIONS, customer(HOT).encode(), b"{no event")
EVEN, HOT_KEY, POISONED = "even", "hot-key", "poison-burst"
#: The first seconds of a phase still see what the one before has left in the queues.
SETTLE_S = 1.0


def bench(at: Bench) -> None:
    """One worker; each round has all phases, and the first round is thrown away."""
    phase_s = 3.0 if at.quick else 8.0
    phases = [name for _ in at.numbers for name in (EVEN, HOT_KEY, POISONED)]
    plan = list(_plan(phases, phase_s))
    run = at.run(DUNNOCK, PARTITIONS)
    create_job_topics(run.broker, run.prefix, PARTITIONS)
    with at.systems_running.running(DUNNOCK, run) as started:
        samples = play(run, started, plan, SEED)
    good = [due for due in plan if due.event is not POISON]
    verdict = judge(DUNNOCK, run, wanted_of(SEED, good))
    forget(run.broker, run.prefix)
    found = _by_phase(phases, phase_s, samples)
    say(f"fairness p99 of the other partitions, ms: {found}; {verdict}")
    for name in (EVEN, HOT_KEY, POISONED):
        rounds: list[dict[str, Any]] = [
            {"value": p99, "correct": verdict.correct} for p99 in found[name][at.discarded :]
        ]
        line = median_line(NAME, f"{DUNNOCK}-{name}", "ms p99 of the other partitions", rounds)
        at.results.add(line)


def _plan(phases: Sequence[str], phase_s: float) -> Iterator[Due]:
    """Numbers follow the places in the plan, so that a sample finds its event."""
    rng = random.Random(SEED)
    count = int(RATE * phase_s)
    place = PRIMER
    for index, name in enumerate(phases):
        times = sorted(rng.uniform(0, phase_s) for _ in range(count))
        who = uniform_customers(count, SEED + index, CUSTOMERS)
        if name == HOT_KEY:
            who = [HOT if rng.random() < HOT_SHARE else one for one in who]
        phase = events(who, SEED, first=place, applications_share=1.0)
        dues = [Due(at, event) for at, event in zip(times, phase, strict=True)]
        if name == POISONED:
            dues = _with_bursts(dues, phase_s)
        for due in dues:
            yield replace(due, at_s=due.at_s + index * phase_s)
        place += count


def _with_bursts(dues: list[Due], phase_s: float) -> list[Due]:
    """Every few seconds a burst in the place of as many events: the rate stays what it is."""
    bursts = int(phase_s / BURST_EVERY_S)
    bad = set(random.Random(SEED).sample(range(len(dues)), bursts * BURST))
    starts = [burst * BURST_EVERY_S + 1.0 for burst in range(bursts) for _ in range(BURST)]
    replaced = iter(starts)
    mixed = [Due(next(replaced), POISON) if place in bad else due for place, due in enumerate(dues)]
    return sorted(mixed, key=lambda due: due.at_s)


def _by_phase(
    phases: Sequence[str], phase_s: float, samples: Sequence[Sample]
) -> dict[str, list[float]]:
    """p99 of the partitions without the hot key, for each phase of a kind in order."""
    hot = partition_of(customer(HOT).encode(), PARTITIONS)
    found: dict[str, list[float]] = {EVEN: [], HOT_KEY: [], POISONED: []}
    for index, name in enumerate(phases):
        took = [
            sample.took_ms
            for sample in samples
            if sample.partition != hot and SETTLE_S <= sample.at_s - index * phase_s < phase_s
        ]
        found[name].append(percentile(took, 0.99) if took else float("inf"))
    return found
