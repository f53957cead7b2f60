"""Puts booked returns on the log: the same event with the same id, however often it is tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

    async def publish_many(
        self,
        topic: str,
        records: Sequence[tuple[bytes, bytes, Iterable[tuple[str, bytes]]]],
    ) -> None: ...


class OutboxPublisher:
    """`publish` whenever something may wait. Two at once publish some events twice, as one."""

    def __init__(self, pool: Pool, log: Log) -> None:
        self._outbox = Outbox(pool)
        self._log = log

    async def publish(self) -> int:
        """Until nothing waits; gives how many. Raises LogUnavailable, and `pool.LOST`."""
        count = 0
        while batch := await self._outbox.waiting(_BATCH):
            await self._log.publish_many(FAILED_DIRECT_DEBITS, [_record(one) for one in batch])
            await self._outbox.published([one.return_id for one in batch])
            count += len(batch)
        return count


def _record(booked: Booked) -> tuple[bytes, bytes, Iterable[tuple[str, bytes]]]:
    """Key, value and headers: the same ones every time."""
    headers = headers_of(_TYPE, booked.return_id, booked.at, SOURCE)
    return booked.customer_id.encode(), orjson.dumps(booked.event), headers
