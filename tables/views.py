"""Reads over the projection that are no lists: figures, an index, one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts per minute over the last hour of the projection, oldest first."""

    moments: list[datetime]
    reminders: list[int]
    thank_yous: list[int]
    decisions: dict[str, list[int]]


async def key_of(pool: asyncpg.Pool, kind: str, row_id: str) -> str | None:
    """The partition key of a row whose id is not its key; None: the index does not know (yet)."""
    key: str | None = await pool.fetchval(
        "SELECT key FROM row_index WHERE kind = $1 AND id = $2", kind, row_id
    )
    return key
