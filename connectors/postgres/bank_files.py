"""The table of bank files, and the content of those that came over HTTP until it is booked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.postgres.pool import Connection, Pool

Source = Literal["folder", "api", "page", "command"]
#: How many rows of each kind a report lists; it counts them all.
LISTED_MAX = 1_000
_PART_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it came; `file_id` is the SHA-256 of its bytes."""

    file_id: str
    name: str
    source: Source
    size: int


_BEGIN = """
INSERT INTO bank_files AS known (file_id, name, source, bytes, state, received_at)
VALUES ($1, $2, $3, $4, 'received', $5)
ON CONFLICT (file_id) DO UPDATE SET
    times = known.times + 1,
    -- What was refused may be sound under another setting.
    state = CASE WHEN known.state = 'rejected' THEN 'received' ELSE known.state END,
    because = CASE WHEN known.state = 'rejected' THEN NULL ELSE known.because END,
    finished_at = CASE WHEN known.state = 'rejected' THEN NULL ELSE known.finished_at END
RETURNING state
"""


class BankFiles:
    """Methods raise `pool.LOST` when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, arrival: Arrival, now: datetime) -> str:
        """Note that the file has come; gives its state, `booked` for one that is done."""
        state: str = await self._pool.fetchval(
            _BEGIN, arrival.file_id, arrival.name, arrival.source, arrival.size, now
        )
        return state

    async def take_in(self, arrival: Arrival, pieces: Iterable[bytes] | None, now: datetime) -> str:
        """`begin`, and keep the content in the same transaction unless it is booked already."""
        async with self._pool.acquire() as connection, connection.transaction():
            state: str = await connection.fetchval(
                _BEGIN, arrival.file_id, arrival.name, arrival.source, arrival.size, now
            )
            if state != "booked" and pieces is not None:
                await connection.executemany(
                    "INSERT INTO bank_file_parts VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    ((arrival.file_id, number, piece) for number, piece in enumerate(pieces)),
                    timeout=_PART_S_MAX,
                )
        return state

    async def content(self, file_id: str) -> AsyncIterator[bytes]:
        """What was taken in, piece by piece."""
        number = 0
        while True:
            piece: bytes | None = await self._pool.fetchval(
                "SELECT bytes FROM bank_file_parts WHERE file_id = $1 AND number = $2",
                file_id,
                number,
            )
            if piece is None:
                return
            yield piece
            number += 1

    async def waiting(self) -> list[Arrival]:
        """Files whose content was taken in and that are not done, the oldest first."""
        rows = await self._pool.fetch(
            """SELECT file_id, name, source, bytes FROM bank_files AS f
               WHERE finished_at IS NULL
                 AND EXISTS (SELECT FROM bank_file_parts AS p WHERE p.file_id = f.file_id)
               ORDER BY received_at LIMIT 100"""
        )
        return [Arrival(r["file_id"], r["name"], r["source"], r["bytes"]) for r in rows]

    @asynccontextmanager
    async def working_on(self, file_id: str) -> AsyncIterator[bool]:
        """False: somebody else works on this file just now. A crash lets go by itself."""
        async with self._pool.acquire() as connection:
            mine: bool = await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", file_id
            )
            try:
                yield mine
            finally:
                if mine:
                    await _unlock(connection, file_id)

    async def progress(self, file_id: str, counts: dict[str, Any]) -> None:
        """How far it is, for those who look meanwhile."""
        await self._pool.execute(
            """UPDATE bank_files SET state = 'reading', counts = $2
               WHERE file_id = $1 AND finished_at IS NULL""",
            file_id,
            counts,
        )

    async def reject(self, file_id: str, code: str, report: dict[str, Any], now: datetime) -> None:
        """Refused whole."""
        await self._end(file_id, "rejected", code, report, now)

    async def finish(self, file_id: str, report: dict[str, Any], now: datetime) -> None:
        """Everything of it is booked, known, unmatched or set aside."""
        await self._end(file_id, "booked", None, report, now)

    async def _end(
        self, file_id: str, state: str, code: str | None, report: dict[str, Any], now: datetime
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """UPDATE bank_files SET state = $2, because = $3, report = $4, counts = $5,
                          kind = $6, finished_at = $7
                   WHERE file_id = $1 AND finished_at IS NULL""",
                file_id, state, code, report, report["counts"],
                ", ".join(report["messages"]) or None, now,
            )  # fmt: skip
            await connection.execute("DELETE FROM bank_file_parts WHERE file_id = $1", file_id)

    async def own(self, file_id: str) -> dict[str, int]:
        """How many returns were first reported by this file, by state."""
        rows = await self._pool.fetch(
            "SELECT state, count(*) AS many FROM bank_returns WHERE file_id = $1 GROUP BY 1",
            file_id,
        )
        return {row["state"]: row["many"] for row in rows}

    async def get(self, file_id: str) -> dict[str, Any] | None:
        """One file with its report."""
        row = await self._pool.fetchrow("SELECT * FROM bank_files WHERE file_id = $1", file_id)
        return dict(row) if row is not None else None

    async def newest(self, limit: int) -> Sequence[dict[str, Any]]:
        """Without their reports."""
        rows = await self._pool.fetch(
            """SELECT file_id, name, source, bytes, kind, state, because, times, received_at,
                      finished_at, counts
               FROM bank_files ORDER BY received_at DESC, file_id LIMIT $1""",
            limit,
        )
        return [dict(row) for row in rows]

    async def unmatched_of(self, file_id: str) -> list[dict[str, Any]]:
        """What of a file still waits for a person."""
        rows = await self._pool.fetch(
            """SELECT return_id, line, position, end_to_end_id, mandate_id, minor, currency, why
               FROM bank_unmatched WHERE file_id = $1 ORDER BY line LIMIT $2""",
            file_id,
            LISTED_MAX,
        )
        return [dict(row) for row in rows]


async def _unlock(connection: Connection, file_id: str) -> None:
    await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", file_id)
