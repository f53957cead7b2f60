"""Dunnock's worker as shipped, with the reference job as its logic. Settings: DUNNOCK_*."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.engine import job
from dunnock import worker
from dunnock.serve import serve
from runtime.settings import Settings
from streams.agents import stateful_agent
from streams.app import DunnockApp
from streams.core.logic import Context, Logic, Look, Timer
from streams.core.records import Output, Record
from tables.definitions import CUSTOMER_HISTORY, ENGINE, TIMERS

TABLES = (CUSTOMER_HISTORY, ENGINE, TIMERS)


class Folding:
    """The job's fold over the customer's row; what is no event becomes a dead letter."""

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        if record.key is not None:
            yield CUSTOMER_HISTORY, record.key.decode()

    def on_record(self, record: Record, ctx: Context) -> None:
        if record.key is None or record.value is None:
            ctx.dead_letter(record, "no_event", "key or value is missing")
            return
        key = record.key.decode()
        try:
            row, output = job.fold(ctx.get(CUSTOMER_HISTORY, key), record.value)
        except (ValueError, KeyError) as wrong:
            ctx.dead_letter(record, "no_event", str(wrong))
            return
        ctx.put(CUSTOMER_HISTORY, key, row)
        if output is not None:
            ctx.emit(Output(job.OUTPUTS, record.key, output))

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        raise AssertionError("no timer was set")

    def on_look(self, look: Look, ctx: Context) -> None:
        raise AssertionError("no look was requested")


def registering(logic: Logic, topics: tuple[str, ...] = job.SOURCES) -> worker.Register:
    """Registers `logic` for `topics`."""

    def register(app: DunnockApp, _: Settings) -> None:
        stateful_agent(app, "fold", topics, TABLES, logic)

    return register


async def run(settings: Settings) -> None:
    """What `dunnock worker` runs, with this logic."""
    await worker.run(settings, registering(Folding()))


if __name__ == "__main__":
    serve("benchmarks.engine.dunnock_worker", ())
