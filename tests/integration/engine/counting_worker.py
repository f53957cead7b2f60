"""A worker process for the tests: sums numbers by key. `python counting_worker.py`.

Reads `payments` and `invoices`. A record's value is a number; it is added to its key's row, and
the new sum goes to `cases` with the input's id, so that a double or a loss shows on the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterable

from dunnock import worker
from runtime.settings import Settings
from streams.agents import stateful_agent
from streams.app import DunnockApp
from streams.core.logic import Context, Look, Timer
from streams.core.records import Output, Record
from streams.topics import CASES, INVOICES, PAYMENTS
from tables.definitions import CUSTOMER_HISTORY, ENGINE, TIMERS

TABLES = (CUSTOMER_HISTORY, ENGINE, TIMERS)
FAILS_ON = os.environ.get("COUNTING_FAILS_ON", "").encode()
DELAY_S = float(os.environ.get("COUNTING_DELAY_S", "0"))


def _large_output(key: str, ctx: Context) -> None:
    ctx.put(CUSTOMER_HISTORY, key, b"666")
    ctx.emit(Output(CASES, key.encode(), b"before the large one"))
    ctx.emit(Output(CASES, key.encode(), os.urandom(1_500_000)))


def _large_row(key: str, ctx: Context) -> None:
    ctx.put(CUSTOMER_HISTORY, f"{key}-large", os.urandom(9_000_000))


#: Amounts that make the logic write more than the broker takes.
TOO_LARGE = {999_001: _large_output, 999_002: _large_row}


class Counting:
    """Adds up; an amount that is no number is a dead letter, 0 deletes the row."""

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        if record.key is not None:
            yield CUSTOMER_HISTORY, record.key.decode()

    def on_record(self, record: Record, ctx: Context) -> None:
        if record.key is None or record.value is None or not record.value.isdigit():
            ctx.dead_letter(record, "not_a_number", "the value must be a number")
            return
        if record.value == FAILS_ON:
            raise RuntimeError("as asked for")
        if DELAY_S:
            time.sleep(DELAY_S)
        key, amount = record.key.decode(), int(record.value)
        if amount == 0:
            ctx.delete(CUSTOMER_HISTORY, key)
            return
        if amount in TOO_LARGE:
            TOO_LARGE[amount](key, ctx)
        total = int(ctx.get(CUSTOMER_HISTORY, key) or b"0") + amount
        ctx.put(CUSTOMER_HISTORY, key, b"%d" % total)
        marker = f"{record.topic}/{record.partition}/{record.offset}".encode()
        ctx.emit(Output(CASES, record.key, b"%d" % total, (("ce_id", marker),)))

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        raise AssertionError("no timer was set")

    def on_look(self, look: Look, ctx: Context) -> None:
        raise AssertionError("no look was requested")


def counting(logic: Counting) -> worker.Register:
    """Registers `logic` for both topics."""

    def register(app: DunnockApp, _: Settings) -> None:
        stateful_agent(app, "count", (PAYMENTS, INVOICES), TABLES, logic)

    return register


register = counting(Counting())


async def main(registering: worker.Register = register) -> None:
    task = asyncio.ensure_future(worker.run(Settings(), registering))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def serve(registering: worker.Register = register) -> None:
    """The whole program."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main(registering))


if __name__ == "__main__":
    serve()
