"""When the web process may say that it is ready: asked anew at each request, never remembered."""

from __future__ import annotations

import asyncio
from typing import Protocol

import asyncpg
from redis.exceptions import RedisError

from api.ports import Statuses
from connectors.postgres.pool import LOST
from tables.partition_status import missing_partitions

_PATIENCE_S = 2.0


class Pinged(Protocol):
    """What is needed of Redis."""

    async def ping(self) -> object: ...


class Readiness:
    """Ready is: the database, Redis, and for every partition an owner that serves its rows."""

    def __init__(self, pool: asyncpg.Pool, redis: Pinged, statuses: Statuses) -> None:
        self._pool, self._redis, self._statuses = pool, redis, statuses

    async def conditions(self) -> dict[str, bool]:
        database, redis, rows = await asyncio.gather(
            self._database_answers(), self._redis_answers(), self._rows_are_served()
        )
        return {"postgres": database, "redis": redis, "live_rows": rows}

    async def _database_answers(self) -> bool:
        try:
            return bool(await self._pool.fetchval("SELECT true", timeout=_PATIENCE_S))
        except (*LOST, TimeoutError):
            return False

    async def _redis_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def _rows_are_served(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._statuses.read()
        except (RedisError, OSError, TimeoutError):
            return False
        return not missing_partitions(found, self._statuses.partitions)
