"""The simulated clock's one row in Postgres: stands still, never goes back, outlives restarts."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg

#: Any number will do, as long as nothing else in this database locks it.
_ADVANCE_LOCK = 7_310_551_200
#: Longer than any advance before ours should take.
_WAIT_S_MAX = 600.0

#: The contract's beginning of simulated time.
STARTS_AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


class SimulatedClockRow:
    """Reads and moves the row; `exclusive` keeps advances of all web processes one at a time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def start(self) -> None:
        """Make the row exist; a clock that has run before keeps its time."""
        await self._pool.execute(
            "INSERT INTO simulated_clock (now) VALUES ($1) ON CONFLICT DO NOTHING", STARTS_AT
        )

    async def now(self) -> datetime:
        found: datetime = await self._pool.fetchval("SELECT now FROM simulated_clock")
        return found.astimezone(UTC)

    async def move_to(self, instant: datetime) -> None:
        """Earlier than the row's time: nothing changes."""
        await self._pool.execute(
            "UPDATE simulated_clock SET now = $1 WHERE now < $1::timestamptz", instant
        )

    @contextlib.asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Waits until no other advance runs. A process that dies lets go with its connection."""
        async with self._pool.acquire() as connection:
            await connection.execute(
                "SELECT pg_advisory_lock($1)", _ADVANCE_LOCK, timeout=_WAIT_S_MAX
            )
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", _ADVANCE_LOCK)
