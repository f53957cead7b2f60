"""The pool's way out: receipts and dead letters to the log, and marks of what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors import kafka_io
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.pool import LOST
from dunnock.dispatching.receipts import receipted
from runtime import logs, metrics
from streams.core.records import Output
from streams.topics import TopicNames

log = logs.logger(__name__)

_MARK_EVERY_S = 0.25


class Outbox:
    """`deliver` for the pool; `run()` until cancelled, then `mark()` once more."""

    def __init__(
        self, publisher: kafka_io.Publisher, dispatches: Dispatches, names: TopicNames
    ) -> None:
        self._publisher = publisher
        self._dispatches = dispatches
        self._names = names
        self._unmarked: list[str] = []
        self._has_some = asyncio.Event()

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """Returns when the outputs are on the log. Raises aiokafka's errors."""
        await self._publisher.publish(
            kafka_io.Outgoing(self._names.wire(o.topic), o.key, o.value, o.headers, o.partition)
            for o in outputs
        )
        for output in outputs:
            metrics.OUTPUTS.labels(output.topic).inc()
        self._unmarked += receipted(outputs)
        if self._unmarked:
            self._has_some.set()

    async def run(self) -> None:
        """Mark receipts a few times a second: a mark that comes late costs nothing."""
        while True:
            await self._has_some.wait()
            await asyncio.sleep(_MARK_EVERY_S)
            await self.mark()

    async def mark(self) -> None:
        """Mark what was delivered since the last time."""
        if not self._unmarked:
            return
        ready, self._unmarked = self._unmarked, []
        self._has_some.clear()
        try:
            await self._dispatches.mark_receipts(ready)
        except (*LOST, TimeoutError):
            log.warning("receipts not marked: they may be repeated, under the same ids")
