"""Puts booked returns on the log: the same event with the same id, however often it is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

import orjson

from connectors.postgres.bank_returns import Booked, Outbox
from connectors.postgres.pool import Pool
from streams.codec import headers_of
from streams.topics import FAILED_DIRECT_DEBITS

SOURCE = "bank-files"
_TYPE = "direct-debit.failed.v1"
_BATCH = 1_000


class Log(Protocol):
    """What is needed of the log."""

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int: ...


class OutboxPublisher:
    """`publish` whenever something may wait. Two at once publish some events twice, as one."""

    def __init__(self, pool: Pool, log: Log) -> None:
        self._outbox = Outbox(pool)
        self._log = log

    async def publish(self) -> int:
        """Until nothing waits; gives how many. Raises LogUnavailable, and `pool.LOST`."""
        count = 0
        while batch := await self._outbox.waiting(_BATCH):
            results = await asyncio.gather(*map(self._one, batch), return_exceptions=True)
            pairs = zip(batch, results, strict=True)
            done = [one.return_id for one, result in pairs if not isinstance(result, BaseException)]
            if done:
                await self._outbox.published(done)
            count += len(done)
            failed = next((one for one in results if isinstance(one, BaseException)), None)
            if failed is not None:
                raise failed
        return count

    async def _one(self, booked: Booked) -> None:
        await self._log.publish(
            FAILED_DIRECT_DEBITS,
            booked.customer_id.encode(),
            orjson.dumps(booked.event),
            headers_of(_TYPE, booked.return_id, booked.at, SOURCE),
        )
