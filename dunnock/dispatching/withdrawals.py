"""The fast reader: runs ahead of the dispatching and puts every withdrawal into Postgres.

A reader of its own, because dispatching may stand still behind a slow gateway, and then it must
still be possible to read the withdrawal that stands behind a thousand waiting messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import stamina
from aiokafka import TopicPartition
from pydantic import ValidationError

from connectors.kafka_io import EndOffsets
from connectors.postgres.dispatch_rows import Withdrawal
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.pool import LOST
from domain.events.outputs import MessageWithdrawn
from runtime import logs
from streams.core.pool import OutsideFailure

log = logs.logger(__name__)

_POLL_MS = 50
_RECORDS_MAX = 1_000
_IDLE_S = 0.1


class WithdrawalReader:
    """Reads the channel's topic with a consumer of its own; `run()` until cancelled.

    Starts each partition at the group's committed offset: what lies before it was read before
    it was dispatched, so its withdrawals are in the database.
    """

    def __init__(self, topic: str, consumer: Any, ends: EndOffsets, dispatches: Dispatches) -> None:
        self._topic = topic
        self._consumer = consumer
        self._ends = ends
        self._dispatches = dispatches
        self._read: dict[int, int] = {}
        self._moved = asyncio.Event()
        self._over = False

    def assign(self, starts: dict[int, int | None]) -> None:
        """Read these partitions from their offsets (None: from the beginning), no others."""
        kept = {number: at for number, at in self._read.items() if number in starts}
        places = {number: TopicPartition(self._topic, number) for number in starts}
        self._consumer.assign(list(places.values()))
        self._read = kept
        for number, start in starts.items():
            at = kept.get(number, start)
            if at is not None:
                self._consumer.seek(places[number], at)
            # Without an offset the consumer starts at the earliest record, its reset policy.

    async def read_through(self, partition: int) -> None:
        """Return when every withdrawal that is on the log now is in the database.

        Waits for as long as that takes: call it under a timeout. Raises aiokafka's errors,
        and `OutsideFailure` when nobody reads any more.
        """
        end = await self._ends.of(self._topic, partition)
        while self._read.get(partition, 0) < end:
            if self._over:
                raise OutsideFailure("withdrawals are no longer read")
            await self._moved.wait()

    async def run(self) -> None:
        """Read until cancelled; then whoever waits is turned away."""
        try:
            await self._follow()
        finally:
            self._over = True
            self._moved.set()

    async def _follow(self) -> None:
        while True:
            assigned = self._consumer.assignment()
            if not assigned:
                await asyncio.sleep(_IDLE_S)
                continue
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_MAX)
            if found := _withdrawals(r for batch in batches.values() for r in batch):
                await self._keep(found)
            # A partition that was taken away meanwhile has no position; look at what is ours now.
            for place in assigned & self._consumer.assignment():
                self._read[place.partition] = await self._consumer.position(place)
            self._moved.set()
            self._moved = asyncio.Event()

    async def _keep(self, found: list[Withdrawal]) -> None:
        async for attempt in stamina.retry_context(on=LOST, attempts=None, timeout=None):
            with attempt:
                await self._dispatches.record_withdrawals(found)


def _withdrawals(records: Iterable[Any]) -> list[Withdrawal]:
    found = {}
    for record in records:
        if dict(record.headers).get("ce_type") != b"message.withdrawn.v1":
            continue
        try:
            data = MessageWithdrawn.model_validate_json(record.value or b"")
        except ValidationError:
            # Dispatching meets the same record and makes it a dead letter.
            log.warning("withdrawal not understood", offset=record.offset)
            continue
        found[data.message_id] = Withdrawal(
            data.message_id, data.customer_id, data.because, data.at
        )
    return list(found.values())
