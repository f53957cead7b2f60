r"""Writes the projection: rows and the offsets they come from in one transaction.

So every record counts exactly once, whatever happens between two transactions. Values are JSON
(times as RFC 3339, bytes as `\x…`), or `orjson.Fragment`s of it; columns that a write doesn't name
keep what they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.postgres.pool import Connection, Pool

#: table -> columns of its primary key. What is not here is not projected.
KEYS: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "applications": ("application_id",),
    "decisions": ("decision_id",),
    "messages": ("message_id",),
    "not_sent": ("customer_id", "at", "kind", "because", "currency", "step"),
    "fee_status": ("customer_id",),
    "cases": ("case_id",),
    "dead_letters": ("partition", "offset"),
    "interactions": ("source", "event_id"),
    "row_index": ("kind", "id"),
    "invoice_index": ("invoice_id",),
    "direct_debits": ("collection_id",),
    "given_up": ("customer_id", "invoice_id"),
    "collections_index": ("end_to_end_id",),
}
#: What never changes once it is there: writing it again costs a look, no write.
_IMMUTABLE = frozenset({"invoice_index"})

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Upsert:
    """Set these columns of a row, the primary key among them; make the row if there is none."""

    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a row by its primary key."""

    table: str
    values: Mapping[str, Any]


Write = Upsert | Remove


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a partition is read: was, is, and the time of the last record."""

    before: int | None
    after: int
    projected_until: datetime


class OvertakenError(Exception):
    """Somebody else has moved the offsets: another projector runs. Start again from them."""


class Projection:
    """The projection's tables. Methods raise what `pool.LOST` lists when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def offsets(self) -> dict[Place, int]:
        """The next offset of every partition that has been projected."""
        rows = await self._pool.fetch(
            "SELECT topic, partition, next_offset FROM projection_offsets"
        )
        return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def apply(self, writes: Iterable[Write], reached: Mapping[Place, Reached]) -> None:
        """Carry out `writes` in their order and move the offsets, or do nothing.

        Raises `OvertakenError`, and asyncpg.DataError for a value that its column can't hold.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await _move(connection, reached)
            for statement, rows in _statements(writes):
                await connection.execute(statement, rows)

    async def caught_up(self, at: datetime) -> None:
        """At `at` there was nothing left to read."""
        await self._pool.execute(
            "UPDATE projection_offsets SET projected_until = $1 WHERE projected_until < $1", at
        )


_MOVE = """
INSERT INTO projection_offsets AS known (topic, partition, next_offset, projected_until)
SELECT topic, partition, after, at
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[])
     AS new (topic, partition, before, after, at)
ON CONFLICT (topic, partition) DO UPDATE
SET next_offset = excluded.next_offset, projected_until = excluded.projected_until
WHERE known.next_offset = (
    SELECT before FROM unnest($1::text[], $2::int[], $3::bigint[]) AS old (topic, partition, before)
    WHERE old.topic = known.topic AND old.partition = known.partition)
RETURNING 1
"""


async def _move(connection: Connection, reached: Mapping[Place, Reached]) -> None:
    if not reached:
        return
    # In one order, so that two projectors that meet don't lock each other.
    places = sorted(reached)
    moved = await connection.fetch(
        _MOVE,
        [topic for topic, _ in places],
        [partition for _, partition in places],
        [reached[place].before for place in places],
        [reached[place].after for place in places],
        [reached[place].projected_until for place in places],
    )
    if len(moved) != len(places):
        raise OvertakenError(f"{len(places) - len(moved)} of {len(places)} partitions")


def _statements(writes: Iterable[Write]) -> Iterable[tuple[str, str]]:
    """One statement for each table and set of columns, each key once: the last word on it."""
    last: dict[tuple[str, tuple[Any, ...]], tuple[bool, dict[str, Any]]] = {}
    for write in writes:
        key = (write.table, tuple(write.values[name] for name in KEYS[write.table]))
        if isinstance(write, Remove):
            last[key] = (True, dict(write.values))
        elif key in last:
            removed, values = last[key]
            # Of a row that was deleted and made again nothing may be left.
            last[key] = (removed, values | dict(write.values))
        else:
            last[key] = (False, dict(write.values))
    removals: dict[str, list[dict[str, Any]]] = {}
    upserts: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
    for (table, _), (removed, values) in last.items():
        if removed:
            removals.setdefault(table, []).append(values)
        if not removed or len(values) > len(KEYS[table]):
            upserts.setdefault((table, tuple(sorted(values))), []).append(values)
    for table, rows in removals.items():
        yield _remove(table), _json(rows)
    for (table, columns), rows in upserts.items():
        yield _upsert(table, columns), _json(rows)


def _upsert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    key = ", ".join(f'"{name}"' for name in KEYS[table])
    others = [name for name in columns if name not in KEYS[table]]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    changes = bool(others) and table not in _IMMUTABLE
    action = f"UPDATE SET {sets}" if changes else "NOTHING"
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names of this code base
        f"FROM jsonb_populate_recordset(NULL::{table}, $1::text::jsonb) "
        f"ON CONFLICT ({key}) DO {action}"
    )


def _remove(table: str) -> str:
    same = " AND ".join(f'{table}."{name}" = gone."{name}"' for name in KEYS[table])
    return (
        f"DELETE FROM {table} USING jsonb_populate_recordset(NULL::{table}, $1::text::jsonb) "  # noqa: S608
        f"AS gone WHERE {same}"
    )


def _json(rows: list[dict[str, Any]]) -> str:
    text = orjson.dumps(rows)
    # PostgreSQL has no U+0000 in texts; who sent one sees it replaced, and loses nothing else.
    clean = orjson.dumps(_without_nul(orjson.loads(text))) if b"\\u0000" in text else text
    return clean.decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value
