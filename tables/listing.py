"""Lists over the projection: filters, search, pages, and the whole of it for an export.

A `Listing` is data: which rows, which columns, which filters a reader may set. Values only ever
travel as parameters; the SQL comes from this code base alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

PAGE_ROWS = 50
#: Deeper than anybody reads; an export has no such bound.
PAGE_MAX = 2000
_EXPORT_BATCH = 500
_EXPORT_S_MAX = 600.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """`columns` are SELECT expressions by name; `filters` conditions with `{}` for the value."""

    name: str
    source: str
    columns: Mapping[str, str]
    order: str
    filters: Mapping[str, str]

    def _where(self, wanted: Mapping[str, str]) -> tuple[str, list[str]]:
        conditions, values = [], []
        for name, value in wanted.items():
            if value and name in self.filters:
                values.append(value)
                conditions.append(f"({self.filters[name].replace('{}', f'${len(values)}')})")
        return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values

    def _select(self, where: str) -> str:
        chosen = ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())
        return f"SELECT {chosen} FROM {self.source}{where} ORDER BY {self.order}"  # noqa: S608 - as above

    async def page(
        self, pool: asyncpg.Pool, wanted: Mapping[str, str], number: int
    ) -> tuple[list[Row], int]:
        """The rows of page `number` (from 1) and how many rows there are in all."""
        where, values = self._where(wanted)
        offset = (min(number, PAGE_MAX) - 1) * PAGE_ROWS
        async with (
            pool.acquire() as connection,
            # One snapshot, so that the count is that of the rows.
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            count = f"SELECT count(*) FROM {self.source}{where}"  # noqa: S608 - see the class
            total = await connection.fetchval(count, *values)
            sql = f"{self._select(where)} LIMIT {PAGE_ROWS} OFFSET {offset}"
            return [dict(row) for row in await connection.fetch(sql, *values)], int(total)

    async def stream(
        self, pool: asyncpg.Pool, wanted: Mapping[str, str]
    ) -> AsyncIterator[list[Row]]:
        """Every row, in batches, from one snapshot: nothing is missing and nothing twice."""
        where, values = self._where(wanted)
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            cursor = await connection.cursor(self._select(where), *values, timeout=_EXPORT_S_MAX)
            while batch := await cursor.fetch(_EXPORT_BATCH):
                yield [dict(row) for row in batch]
