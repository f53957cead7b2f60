"""A counting worker that measures how long the event loop is held: SLICES_FILE gets the result.

CPU time of the loop's thread for each callback or task step, so that what others do on this
machine counts little. Written for every tenth of a second of that: steps, longest_ms, name of the
longest, records seen.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from streams.core.logic import Context
from streams.core.records import Record
from tests.integration.engine.counting_worker import Counting, counting, serve

#: What a record costs a real logic. A full batch in one piece would be 200 ms.
RECORD_CPU_S = 0.0001
FILE = Path(os.environ["SLICES_FILE"])


class Measured(Counting):
    """Measuring begins with the first record: before it the process starts and imports."""

    records = 0

    def on_record(self, record: Record, ctx: Context) -> None:
        super().on_record(record, ctx)
        until = time.thread_time() + RECORD_CPU_S
        while time.thread_time() < until:
            pass
        Measured.records += 1


def measure() -> None:
    """Put a stopwatch around every step of the loop."""
    run = asyncio.Handle._run
    steps, longest, name, said = 0, 0.0, "", 0.0

    def timed(self: Any) -> None:
        nonlocal steps, longest, name, said
        counted = Measured.records > 0
        started = time.thread_time()
        run(self)
        took = time.thread_time() - started
        if not counted:
            return
        steps += 1
        if took > longest:
            longest, name = took, repr(self)
        if started - said > 0.1:
            said = started
            found = {"steps": steps, "longest_ms": longest * 1000, "name": name}
            FILE.write_text(json.dumps(found | {"records": Measured.records}))

    asyncio.Handle._run = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    measure()
    serve(counting(Measured()))
