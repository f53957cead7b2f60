"""Reads one row of a stateful table from the worker that owns its partition now.

Owners are announced in a Redis hash (one field for each worker, rewritten every second). During
a rebalance an entry can be stale: an answer of 421 or a refused connection means "look again".
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import quote

import aiohttp
from redis.exceptions import RedisError
from yarl import URL

from streams.core.partitioner import partition_of

OWNERS_KEY = "dunnock:workers"
_TIMEOUT = aiohttp.ClientTimeout(total=3, connect=1)


class OwnerHash(Protocol):
    """What is needed of Redis."""

    def hgetall(self, name: str) -> Awaitable[Mapping[Any, Any]]: ...


class OwnerUnavailable(Exception):
    """No worker served the partition within the time allowed: try again in a moment."""


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """The row as JSON and the time its partition had reached when it was read."""

    row: dict[str, Any]
    as_of: str


@dataclass(frozen=True, slots=True)
class Worker:
    """An announcement: these partitions are served at this address."""

    name: str
    url: str
    partitions: frozenset[int]
    at: str


class _NotOwner(Exception):
    """The worker that was asked does not own the partition (any more, or not yet)."""


class LiveRows:
    """Routes reads to owners. Holds no state but the connections; safe for concurrent use."""

    def __init__(
        self,
        redis: OwnerHash,
        http: aiohttp.ClientSession,
        partitions: int,
        *,
        patience_s: float = 10.0,
        pause_s: float = 0.15,
    ) -> None:
        self._redis, self._http, self._partitions = redis, http, partitions
        self._patience_s, self._pause_s = patience_s, pause_s

    @property
    def partitions(self) -> int:
        return self._partitions

    async def workers(self) -> list[Worker]:
        """All announced workers, the freshest announcement first."""
        entries = await self._redis.hgetall(OWNERS_KEY)
        found = []
        for name, value in entries.items():
            said = json.loads(_text(value))
            found.append(
                Worker(
                    _text(name),
                    str(said["url"]).rstrip("/"),
                    frozenset(int(p) for p in said["partitions"]),
                    str(said.get("at", "")),
                )
            )
        return sorted(found, key=lambda worker: worker.at, reverse=True)

    async def get(self, table: str, key: str, partition_key: str | None = None) -> LiveRow | None:
        """The row `key`, in the partition of `partition_key` (default: of `key` itself).

        None when its owner says there is no such row. Raises `OwnerUnavailable`.
        """
        partition = partition_of((partition_key or key).encode(), self._partitions)
        return await self.get_at(table, key, partition)

    async def get_at(self, table: str, key: str, partition: int) -> LiveRow | None:
        """As `get`, the partition being known."""
        deadline = time.monotonic() + self._patience_s
        while True:
            for worker in await self._known_workers():
                if partition not in worker.partitions:
                    continue
                try:
                    return await self._ask(worker.url, table, key, partition)
                except (_NotOwner, aiohttp.ClientError, TimeoutError):
                    continue  # a stale announcement: the next owner, or look again
            if time.monotonic() >= deadline:
                raise OwnerUnavailable(f"partition {partition} has no owner that answers")
            await asyncio.sleep(self._pause_s)

    async def _known_workers(self) -> list[Worker]:
        try:
            return await self.workers()
        except (RedisError, OSError):
            return []  # Redis is away for a moment: look again until the patience ends

    async def find(self, table: str, key: str) -> LiveRow | None:
        """The row `key` wherever it lives: asks every partition. For ids no index knows yet."""
        answers = await asyncio.gather(
            *(self.get_at(table, key, partition) for partition in range(self._partitions))
        )
        return next((answer for answer in answers if answer is not None), None)

    async def _ask(self, url: str, table: str, key: str, partition: int) -> LiveRow | None:
        # Encoded by hand: a key may hold a slash, which must stay inside one path segment.
        path = f"/internal/rows/{table}/{quote(key, safe='')}?partition={partition}"
        async with self._http.get(URL(url + path, encoded=True), timeout=_TIMEOUT) as answer:
            if answer.status == 404:
                return None
            if answer.status != 200:
                raise _NotOwner(f"{url} answered {answer.status}")
            row = cast(dict[str, Any], json.loads(await answer.read()))
            return LiveRow(row, answer.headers.get("X-As-Of", ""))
