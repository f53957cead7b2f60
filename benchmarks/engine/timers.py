"""Timers: finding what is due among a million, and draining a hundred thousand due at once.

Finding is measured on the engine's own queue over RocksDB, opened anew for each try, so that
nothing is known from before. Draining is measured in a worker with a real broker: how long at
most its event loop was held by one step, from the moment at which all timers fall due.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.engine.bench import RUN_FAILURES, Bench
from benchmarks.engine.broker import create_job_topics, forget, put
from benchmarks.engine.job import OUTPUTS, PAYMENTS
from benchmarks.engine.judge import committed
from benchmarks.engine.paced import percentile, wait_committed
from benchmarks.engine.results import Line, median_line, say
from benchmarks.engine.systems import DUNNOCK, Run, Started, wait_ready, worker_program
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running
from runtime.clock import utc_now
from streams.core.engine_rows import TIMERS_TABLE, timer_key, timer_row
from streams.core.logic import Timer
from streams.core.rows import Rows
from streams.core.timers import TimerQueue
from streams.stores import LocalStores

NAME = "timers"
PENDING = 1_000_000
DUE = 200
TRIES = 50
WRITE_ROWS = 10_000
DRAIN = 100_000
PARTITIONS = 4
#: How long a worker gets to set them all before they are due.
SETTING_S = 15.0
DRAIN_S = 90.0


def bench(at: Bench) -> None:
    """Both parts; draining in rounds of which the first is thrown away."""
    at.results.add(_find(at))
    rounds = []
    for number in at.numbers:
        found = _drain(at, 10_000 if at.quick else DRAIN)
        say(f"timers round {number}: {found}")
        if number > 0:
            rounds.append(found)
    line = median_line(NAME, f"{DUNNOCK}-drain", "ms the loop was held at most", rounds)
    at.results.add(line)


def _find(at: Bench) -> Line:
    """Time to take the 200 due ones of a million, in ms; the value is the 95th of 100."""
    pending = PENDING // 20 if at.quick else PENDING
    directory = at.directory / "timers"
    now = utc_now()
    stores = LocalStores(directory)
    rows = stores.rows(TIMERS_TABLE, 0)
    for first in range(0, pending, WRITE_ROWS):
        timers = [
            Timer(f"t{number}", now + timedelta(seconds=60 + number % 86_400))
            for number in range(first, first + WRITE_ROWS)
        ]
        changes = {timer_key(timer).encode(): timer_row(timer) for timer in timers}
        rows.commit_rows(changes, first)
    due = [Timer(f"due{number}", now - timedelta(milliseconds=number + 1)) for number in range(DUE)]
    rows.commit_rows({timer_key(one).encode(): timer_row(one) for one in due}, pending)
    rows.flush()
    stores.close()
    took = []
    correct = True
    for _ in range(TRIES):
        stores = LocalStores(directory)
        table = {TIMERS_TABLE: stores.rows(TIMERS_TABLE, 0)}
        began = time.perf_counter()
        queue = TimerQueue(Rows(table))
        found = []
        while (head := queue.next_due()) is not None and head <= now:
            found.append(queue.pop().timer_id)
        took.append((time.perf_counter() - began) * 1000)
        correct = correct and sorted(found) == sorted(one.timer_id for one in due)
        stores.close()
    line = median_line(NAME, f"{DUNNOCK}-find", "ms to take 200 due ones", [])
    line["value"], line["range"] = percentile(took, 0.95), [min(took), max(took)]
    return {**line, "correct": correct, "median_ms": percentile(took, 0.5), "pending": pending}


def _drain(at: Bench, count: int) -> dict[str, Any]:
    setting_s = SETTING_S / 2 if at.quick else SETTING_S
    # The worker needs a moment to start; what is late is told, not waited for.
    due_s = time.time() + 15 + setting_s
    run = at.run(f"{DUNNOCK}-timers", PARTITIONS)
    beats = run.directory / "beats.json"
    run = at.again(run, environment={"BENCH_BEATS": str(beats), "BENCH_DUE_S": str(due_s)})
    create_job_topics(run.broker, run.prefix, PARTITIONS)
    port = free_port()
    program = worker_program(run, port, "benchmarks.engine.timer_worker")
    run.directory.mkdir(parents=True)
    with running(program, run.directory / "worker.log") as process:
        started = Started(process.pid, lambda: process.poll() is None, port)
        try:
            return _drained(run, started, count, due_s, beats)
        except RUN_FAILURES as why:
            return {"value": None, "correct": False, "why": str(why)}
        finally:
            forget(run.broker, run.prefix)


def _drained(run: Run, started: Started, count: int, due_s: float, beats: Path) -> dict[str, Any]:
    wait_ready(started)
    due_ms = b"%d" % int(due_s * 1000)
    topic = run.prefix + PAYMENTS
    put(run.broker, ((topic, b"t%d" % number, due_ms) for number in range(count)))
    wait_committed(run, started, count, 60)
    if time.time() > due_s:
        raise TimeoutError("the timers were not all set when they fell due")
    deadline = due_s + DRAIN_S
    while (found := _beats(beats)).get("fired", 0) < count:
        if time.time() > deadline or not started.lives():
            raise TimeoutError(f"{found.get('fired', 0)} of {count} fired in {DRAIN_S:.0f} s")
        time.sleep(0.2)
    fired_at = found["at"]
    time.sleep(2.0)  # the last batch commits, and is part of what may hold the loop
    found = _beats(beats)
    seen = [message.value() for message in committed(run.broker, run.prefix + OUTPUTS)]
    return {
        "value": found["longest_ms"],
        "longest_cpu_ms": found["longest_cpu_ms"],
        "drained_s": fired_at - due_s,
        "timers": count,
        "correct": len(seen) == count and len(set(seen)) == count,
    }


def _beats(path: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
    return found
