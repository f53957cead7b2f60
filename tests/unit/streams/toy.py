"""A little debt-collecting logic, and shorthand to run it: just enough for the engine's tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from streams.core.cluster import MemoryCluster
from streams.core.config import LaneConfig
from streams.core.engine_rows import ENGINE_TABLE, TIMERS_TABLE
from streams.core.logic import Context, Look, Timer
from streams.core.memory import MemoryStore
from streams.core.records import Chunk, Output, Record

T0 = datetime(2026, 6, 1, 9, tzinfo=UTC)
SOURCES = ("invoices", "payments", "customers", "interactions")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Boom(Exception):
    """An error nobody expects."""


class Toy:
    """invoice: debt and, after `due` seconds, a reminder; payment: less debt.

    A reminder is decided by a look and names the balance it saw. `seen` lists what was handled.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        if record.key:
            yield "balances", record.key.decode()

    def on_record(self, record: Record, ctx: Context) -> None:
        self.seen.append(f"{record.topic}:{record.offset}")
        if record.value == b"bad":
            ctx.dead_letter(record, "undecodable", "not JSON")
            return
        if record.value == b"boom":
            raise Boom
        assert record.key is not None
        customer = record.key.decode()
        data = orjson.loads(record.value or b"")
        sign = -1 if record.topic == "payments" else 1
        add(ctx, customer, sign * data["amount"])
        if "due" in data:
            ctx.set_timer(Timer(f"remind|{customer}", at(data["due"])))

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        self.seen.append(f"timer:{timer.timer_id}")
        ctx.request_look(timer.timer_id)

    def on_look(self, look: Look, ctx: Context) -> None:
        self.seen.append(f"look:{look.ref}")
        customer = look.ref.partition("|")[2]
        balance = int(ctx.get("balances", customer) or b"0")
        if balance > 0:
            said = {"balance": balance, "now": ctx.now, "look": dict(look.end_offsets)}
            ctx.emit(Output("messages", customer.encode(), orjson.dumps(said)))


def add(ctx: Context, customer: str, amount: int) -> None:
    balance = int(ctx.get("balances", customer) or b"0") + amount
    ctx.put("balances", customer, str(balance).encode())


def tables(*names: str) -> dict[str, MemoryStore]:
    return {name: MemoryStore() for name in (ENGINE_TABLE, TIMERS_TABLE, "balances", *names)}


def record(
    topic: str, offset: int, value: object, key: str | None = "c", *, timestamp_ms: int = 0
) -> Record:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return Record(topic, 0, offset, key.encode() if key else None, raw, (), timestamp_ms)


def tick(offset: int, now: datetime) -> Chunk:
    return Chunk("ticks", 0, (record("ticks", offset, {"now": now}, None),), offset + 1)


def chunk(topic: str, start: int, *values: object, key: str = "c") -> Chunk:
    records = tuple(record(topic, start + at, value, key) for at, value in enumerate(values))
    return Chunk(topic, 0, records, start + len(values))


def cluster(
    toy: object | None = None, *, partitions: int = 2, config: LaneConfig | None = None
) -> MemoryCluster:
    return MemoryCluster(
        toy or Toy(),  # type: ignore[arg-type]
        sources=SOURCES,
        tables=("balances",),
        partitions=partitions,
        config=config,
    )


def send(world: MemoryCluster, topic: str, customer: str, **data: object) -> Record:
    return world.publish(topic, customer.encode(), orjson.dumps(data))


def messages(world: MemoryCluster) -> Sequence[dict[str, object]]:
    return [
        {"key": (found.key or b"").decode(), **orjson.loads(found.value or b"")}
        for found in world.records("messages")
    ]
