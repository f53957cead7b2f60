"""A worker whose logic sets a timer for each record and says when it fires. Settings: DUNNOCK_*.

A record's value is the time when its timer is due, epoch milliseconds. A heartbeat on the event
loop notes how long nothing else could run on it: BENCH_BEATS gets, twice a second, the longest
gap between two beats since the first timer fell due, by the wall clock and in processor time of
the loop's thread, and how many timers have fired.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.engine import job
from benchmarks.engine.dunnock_worker import registering
from dunnock import worker
from dunnock.serve import serve
from runtime.settings import Settings
from streams.core.logic import Context, Look, Timer
from streams.core.records import Output, Record

BEAT_S = 0.001
SAY_S = 0.5


class Firing:
    """Sets and fires; `fired` counts."""

    def __init__(self) -> None:
        self.fired = 0

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        return ()

    def on_record(self, record: Record, ctx: Context) -> None:
        if record.key is None or record.value is None:
            ctx.dead_letter(record, "no_timer", "key or value is missing")
            return
        due = datetime.fromtimestamp(int(record.value) / 1000, UTC)
        ctx.set_timer(Timer(record.key.decode(), due))

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        self.fired += 1
        key = timer.timer_id.encode()
        ctx.emit(Output(job.OUTPUTS, key, b'{"n":%s}' % key.lstrip(b"t")))

    def on_look(self, look: Look, ctx: Context) -> None:
        raise AssertionError("no look was requested")


async def beat(firing: Firing, path: Path, due_s: float) -> None:
    """Until cancelled."""
    longest_ms = longest_cpu_ms = 0.0
    said = time.monotonic()
    while True:
        began, began_cpu = time.monotonic(), time.thread_time()
        await asyncio.sleep(BEAT_S)
        now = time.monotonic()
        # What fires before the moment itself is none of this bench's timers.
        if time.time() >= due_s:
            longest_ms = max(longest_ms, (now - began - BEAT_S) * 1000)
            longest_cpu_ms = max(longest_cpu_ms, (time.thread_time() - began_cpu) * 1000)
        if now - said > SAY_S:
            said = now
            found = {"longest_ms": longest_ms, "longest_cpu_ms": longest_cpu_ms}
            text = json.dumps(found | {"fired": firing.fired, "at": time.time()})
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").replace(path)


async def run(settings: Settings) -> None:
    """What `dunnock worker` runs, with this logic and the heartbeat beside it."""
    firing = Firing()
    path = Path(os.environ["BENCH_BEATS"])
    beating = asyncio.create_task(beat(firing, path, float(os.environ["BENCH_DUE_S"])))
    try:
        await worker.run(settings, registering(firing))
    finally:
        beating.cancel()


if __name__ == "__main__":
    serve("benchmarks.engine.timer_worker", ())
