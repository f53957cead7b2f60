"""Recovery of a seeded changelog on an empty disk, and what an event costs over that many rows.

A round: the worker starts without local rows, restores them all, then handles events of uniform
customers. That gives `recovery` (rows a second), `recovery-6m` (seconds from the start of the
process until it is ready) and `size` (processor time of an event over 10,000, 1,000,000 and
6,000,000 rows). Every row that an event touches is judged: one that was not restored would lack
its note. Stock Faust restores fewer rows: at its pace the same count would take minutes.
"""

from __future__ import annotations

import re
import shutil
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from benchmarks.engine.bench import RUN_FAILURES, Bench
from benchmarks.engine.broker import create_job_topics, forget, load
from benchmarks.engine.events import (
    Event,
    Expected,
    customer,
    events,
    expected,
    seeded_row,
    uniform_customers,
)
from benchmarks.engine.judge import ends_of, judge
from benchmarks.engine.paced import wait_committed
from benchmarks.engine.results import median_line, say
from benchmarks.engine.seeding import seed
from benchmarks.engine.systems import DUNNOCK, FAUST, Run, Started, wait_ready
from benchmarks.engine.usage import cpu_s, rss_peak_mb

NAME = "recovery"
SIX_MILLION = "recovery-6m"
SIZE = "size"
SEED = 20_260_404
PARTITIONS = 4
SIZES = (10_000, 1_000_000, 6_000_000)
QUICK_SIZES = (1_000, 20_000, 60_000)
FAUST_ROWS = 60_000
FEED = 100_000
READY_S = 240.0
WARM_UP_SHARE = 0.2
#: A second in which a worker uses less than this is one in which it does nothing.
IDLE_CPU_S = 0.15
SETTLE_S_MAX = 45.0
POLL_S = 0.02


@dataclass(slots=True)
class Place:
    """A seeded changelog and what has come of it so far."""

    run: Run
    rows: int
    ends: dict[int, int]
    """Where the seeded part of the changelog ends."""
    wanted: Expected = field(default_factory=Expected)
    fed: int = 0

    def feed(self, count: int) -> list[Event]:
        """The next events; `wanted` moves on with them."""
        who = uniform_customers(count, SEED + self.fed, self.rows)
        for one in set(who):
            self.wanted.rows.setdefault(customer(one), seeded_row(one))
        load_events = events(who, SEED, first=self.fed)
        found = expected(load_events, self.wanted.rows)
        self.wanted.rows = found.rows
        self.wanted.outputs |= found.outputs
        self.fed += count
        return load_events


def bench(at: Bench) -> None:
    """All sizes of ours and stock Faust, one seeding for each, rounds interleaved."""
    places = {
        str(rows): _seeded(at, DUNNOCK, rows) for rows in (QUICK_SIZES if at.quick else SIZES)
    }
    if FAUST in at.systems:
        places[FAUST] = _seeded(at, FAUST, 3_000 if at.quick else FAUST_ROWS)
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in places}
    for number in at.numbers:
        for name, place in places.items():
            if number <= 0 and place.rows == max(SIZES):
                continue  # nothing warms up in the longest one that the others have not
            found = _round(at, name, place)
            say(f"recovery round {number} of {place.rows} rows, {name}: {found}")
            if number > 0:
                rounds[name].append(found)
    for place in places.values():
        forget(place.run.broker, place.run.prefix)
    _report(at, places, rounds)


def _report(at: Bench, places: dict[str, Place], rounds: dict[str, list[dict[str, Any]]]) -> None:
    small, large, largest = QUICK_SIZES if at.quick else SIZES
    for name in [str(large), *([FAUST] if FAUST in rounds else [])]:
        system = FAUST if name == FAUST else DUNNOCK
        chosen = [{**one, "value": one.get("rows_s")} for one in rounds[name]]
        at.results.add({**median_line(NAME, system, "rows/s", chosen), "rows": places[name].rows})
    chosen = [{**one, "value": one.get("ready_s")} for one in rounds[str(largest)]]
    line = median_line(SIX_MILLION, DUNNOCK, "s from start to ready", chosen)
    at.results.add({**line, "rows": largest})
    for rows in (small, large, largest):
        chosen = [{**one, "value": one.get("cpu_ms_per_1000")} for one in rounds[str(rows)]]
        line = median_line(SIZE, f"{DUNNOCK}-{rows}", "CPU ms per 1,000 events", chosen)
        at.results.add(line)


def _seeded(at: Bench, system: str, rows: int) -> Place:
    run = at.run(f"{system}-{rows}", PARTITIONS)
    create_job_topics(run.broker, run.prefix, PARTITIONS)
    began = time.monotonic()
    # Stock Faust and ours name changelogs alike.
    topic = f"{run.group}-customer_history-changelog"
    compression = "none" if system == FAUST else "lz4"
    seed(run.broker, topic, rows, PARTITIONS, run.directory, compression)
    say(f"recovery: {rows} rows for {system} seeded in {time.monotonic() - began:.0f} s")
    return Place(run, rows, ends_of(run.broker, topic))


def _round(at: Bench, name: str, place: Place) -> dict[str, Any]:
    try:
        return _recovered_and_fed(at, name, place)
    except RUN_FAILURES as why:
        return {"value": None, "correct": False, "why": f"{type(why).__name__}: {why}"}


def _recovered_and_fed(at: Bench, name: str, place: Place) -> dict[str, Any]:
    run, system = place.run, FAUST if name == FAUST else DUNNOCK
    for local in (
        *run.directory.glob("data"),
        *run.directory.glob("v*"),
        *run.directory.glob("re*"),
    ):
        shutil.rmtree(local) if local.is_dir() else local.unlink()
    began = time.monotonic()
    began_at = time.time()
    with at.systems_running.running(system, run) as started:
        if system == FAUST:
            found = _faust_recovered(run, place.rows, began_at, started)
        else:
            found = _recovered(place.rows, began, started)
        found |= _fed(at, place, started, 2_000 if system == FAUST else FEED)
    verdict = judge(system, run, place.wanted, place.ends)
    return {
        **found,
        "correct": verdict.correct,
        **({} if verdict.correct else {"verdict": str(verdict)}),
    }


def _recovered(rows: int, began: float, started: Started) -> dict[str, Any]:
    """Follow the worker's own count of restored rows until it is complete."""
    first: tuple[float, float] | None = None
    deadline = began + READY_S
    while (count := _restored_rows(started)) < rows:
        now = time.monotonic()
        if first is None and count > 0:
            first = (now, count)
        if now > deadline or not started.lives():
            raise TimeoutError(f"{count:.0f} of {rows} rows restored in {READY_S:.0f} s")
        time.sleep(POLL_S)
    last = time.monotonic()
    wait_ready(started, READY_S)
    ready_s = time.monotonic() - began
    found = {"ready_s": ready_s, "rss_mb": rss_peak_mb(started.pid)}
    if first is not None and last > first[0]:
        found["rows_s"] = (count - first[1]) / (last - first[0])
    return found


_ROWS = re.compile(rb'dunnock_recovery_rows_total\{table="customer_history"\} ([0-9.e+]+)')


def _restored_rows(started: Started) -> float:
    try:
        address = f"http://127.0.0.1:{started.port}/metrics"
        with urllib.request.urlopen(address, timeout=5) as answer:
            said = _ROWS.search(answer.read())
    except OSError:  # it does not listen yet
        return 0.0
    return float(said.group(1)) if said else 0.0


def _faust_recovered(run: Run, rows: int, began_at: float, started: Started) -> dict[str, Any]:
    """From the start of the process, for Faust does not say when its recovery begins."""
    said = run.directory / "recovered"
    deadline = began_at + READY_S
    while not said.exists():
        if time.time() > deadline or not started.lives():
            raise TimeoutError(f"not recovered in {READY_S:.0f} s")
        time.sleep(POLL_S)
    begun, ended = (float(line) for line in said.read_text().split())
    return {
        "rows_s": rows / (ended - begun),
        "ready_s": ended - began_at,
        "rss_mb": rss_peak_mb(started.pid),
    }


def _fed(at: Bench, place: Place, started: Started, count: int) -> dict[str, Any]:
    """Handle events over the restored rows; what each cost the worker's processor.

    Measured is neither what RocksDB still tidies up after the restore nor the first events.
    """
    settled_s = _settle(started)
    for share in (WARM_UP_SHARE, 1.0):
        load_events = place.feed(int(share * (min(count, 5_000) if at.quick else count)))
        before = cpu_s(started.pid)
        load(place.run.broker, place.run.prefix, load_events)
        wait_committed(place.run, started, place.fed, at.limit_s)
    used = cpu_s(started.pid) - before
    return {
        "cpu_ms_per_1000": used / len(load_events) * 1_000_000,
        "settled_s": settled_s,
        "rss_after_mb": rss_peak_mb(started.pid),
    }


def _settle(started: Started) -> float:
    """Until the process does next to nothing for a second, or the limit; gives the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < SETTLE_S_MAX:
        before = cpu_s(started.pid)
        time.sleep(1.0)
        if cpu_s(started.pid) - before < IDLE_CPU_S:
            break
    return time.monotonic() - began
