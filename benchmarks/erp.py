"""The ERP's side of the load: one request to the broker for what is due, whatever its partitions.

That is what Kafka's own client does, and aiokafka; librdkafka makes a request for each partition,
which costs the broker several times as much and would measure the load instead of the product.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiokafka import AIOKafkaProducer

from streams.core.partitioner import partition_of
from tests.faults.events import Outgoing

LINGER_MS = 10


class ErpPublisher:
    """Publishes at given moments and remembers when the broker had acknowledged each event."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        #: ce_id -> epoch seconds.
        self.acked_at: dict[str, float] = {}

    async def publish_paced(self, planned: Sequence[tuple[float, Outgoing]]) -> None:
        """Each record at its second, counted from now; late ones at once. Raises what fails."""
        # Found beforehand: aiokafka's murmur2 would take longer than the rest of a send.
        count = len(await self._producer.partitions_for(planned[0][1].topic))
        places = [partition_of(outgoing.key.encode(), count) for _, outgoing in planned]
        began = time.monotonic()
        sent: list[asyncio.Future[object]] = []
        for (at, outgoing), partition in zip(planned, places, strict=True):
            if (wait := began + at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            sent.append(await self._send(outgoing, partition))
        await asyncio.gather(*sent)

    async def _send(self, outgoing: Outgoing, partition: int) -> asyncio.Future[object]:
        sending: asyncio.Future[object] = await self._producer.send(
            outgoing.topic,
            outgoing.value,
            key=outgoing.key.encode(),
            partition=partition,
            headers=list(outgoing.headers),
        )
        ce_id = dict(outgoing.headers)["ce_id"].decode()
        sending.add_done_callback(partial(self._landed, ce_id))
        return sending

    def _landed(self, ce_id: str, sending: asyncio.Future[object]) -> None:
        if not sending.cancelled() and sending.exception() is None:
            self.acked_at.setdefault(ce_id, time.time())


@asynccontextmanager
async def erp_publisher(bootstrap: str) -> AsyncIterator[ErpPublisher]:
    """An `ErpPublisher` inside the block."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=LINGER_MS
    )
    await producer.start()
    try:
        yield ErpPublisher(producer)
    finally:
        await producer.stop()
