"""The outbox of rule sets: what was put live in the database and is to reach the log.

One publisher at a time, oldest first: of two versions that overtook each other on the way, the
compacted topic would keep the older one. Publishing again after a crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connectors.postgres.pool import Pool

#: Gives the newest version that the log has after it: ours, or one that overtook it.
Publish = Callable[["Entry"], Awaitable[int]]
_LOCK = 0x52554C45


@dataclass(frozen=True, slots=True)
class Entry:
    """A document for the topic `policies`."""

    entry_id: int
    rule_set: str
    version: int
    document: str


class Outbox:
    """Methods raise what `pool.LOST` lists when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_empty(self) -> bool:
        """Whether everything has reached the log."""
        found: bool = await self._pool.fetchval(
            "SELECT NOT EXISTS (SELECT FROM rule_set_outbox WHERE published_at IS NULL)"
        )
        return found

    async def drain(self, publish: Publish) -> int:
        """Publish what waits; gives how many. Nothing when another process is at it.

        What `publish` raises ends it; the entry stays for the next time.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
                return 0
            rows = await connection.fetch(
                "SELECT entry_id, rule_set, version, document FROM rule_set_outbox"
                " WHERE published_at IS NULL ORDER BY entry_id LIMIT 100"
            )
            for row in rows:
                entry = Entry(**dict(row))
                newest = await publish(entry)
                await connection.execute(
                    "UPDATE rule_set_outbox SET published_at = clock_timestamp(),"
                    " overtaken_by = $2 WHERE entry_id = $1",
                    entry.entry_id,
                    newest if newest > entry.version else None,
                )
            return len(rows)

    async def places(self) -> dict[tuple[str, int], Entry]:
        """What still waits, by rule set and version."""
        rows = await self._pool.fetch(
            "SELECT entry_id, rule_set, version, document FROM rule_set_outbox"
            " WHERE published_at IS NULL"
        )
        return {(row["rule_set"], row["version"]): Entry(**dict(row)) for row in rows}

    async def overtaken(self) -> dict[tuple[str, int], int]:
        """Versions without effect, and the newer version that the log had."""
        rows = await self._pool.fetch(
            "SELECT rule_set, version, overtaken_by FROM rule_set_outbox"
            " WHERE overtaken_by IS NOT NULL"
        )
        return {(row["rule_set"], row["version"]): row["overtaken_by"] for row in rows}
