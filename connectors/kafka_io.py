"""Plain access to the log for processes that are no Faust workers: read committed, write durably.

Three rules that are easy to get wrong, in one place: everything reads committed; keys are
partitioned like the Java client does (murmur2, aiokafka's default); and nothing but fetches goes
over a consumer's connections, because a broker answers nothing else there while a fetch waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

SESSION_MS = 10_000
HEARTBEAT_MS = 3_000
#: How long the broker holds an empty fetch. Records end it at once.
FETCH_WAIT_MS = 250
REQUEST_MS = 20_000
#: How long a record waits for the broker: longer than one takes to come back.
DELIVERY_MS = 60_000
_METADATA_MS = 30_000
#: What many tasks publish within this time shares a request. Nobody waits for a receipt.
LINGER_MS = 10


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to write; no partition: murmur2 of the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


@asynccontextmanager
async def consumer(
    bootstrap: str, *, group: str | None = None, member: str | None = None
) -> AsyncIterator[Any]:
    """An AIOKafkaConsumer without topics inside the block.

    With a `member` name the group keeps its place through a restart: a process that was killed
    comes back without waiting for its own session to end.
    """
    made = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        group_instance_id=member,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        request_timeout_ms=REQUEST_MS,
        metadata_max_age_ms=_METADATA_MS,
    )
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


class EndOffsets:
    """Asks the broker how far partitions can be read now (their last stable offset).

    Everybody who asks while a question is under way shares the next one: an answer is always
    younger than the call that gets it, and there is never more than one question at a time.
    """

    def __init__(self, asker: Any) -> None:
        self._asker = asker
        self._waiting: dict[TopicPartition, asyncio.Future[int]] = {}
        self._task: asyncio.Task[None] | None = None

    async def of(self, topic: str, partition: int) -> int:
        """The end of the partition. Raises aiokafka's errors."""
        place = TopicPartition(topic, partition)
        answer = self._waiting.get(place)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[place] = answer
        if self._task is None:
            self._task = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                ends = await self._asker.end_offsets(list(asked))
            except Exception as error:  # noqa: BLE001 - handed to those who wait
                for answer in asked.values():
                    answer.set_exception(error)
                    answer.exception()  # those who asked may be gone
            else:
                for place, answer in asked.items():
                    answer.set_result(ends[place])
        self._task = None


class Publisher:
    """An idempotent producer whose calls return when all in-sync replicas have the records."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def publish(self, records: Iterable[Outgoing]) -> None:
        """Write `records`, in their order within a partition. Raises aiokafka's errors."""
        sent = [
            await self._producer.send(
                record.topic,
                record.value,
                key=record.key,
                partition=record.partition,
                headers=list(record.headers),
            )
            for record in records
        ]
        await asyncio.gather(*sent)


@asynccontextmanager
async def publisher(bootstrap: str) -> AsyncIterator[Publisher]:
    """A `Publisher` inside the block."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        acks="all",
        linger_ms=LINGER_MS,
        request_timeout_ms=DELIVERY_MS,
        metadata_max_age_ms=_METADATA_MS,
    )
    await producer.start()
    try:
        yield Publisher(producer)
    finally:
        await producer.stop()


@asynccontextmanager
async def end_offsets(bootstrap: str) -> AsyncIterator[EndOffsets]:
    """`EndOffsets` inside the block, over a connection that never fetches."""
    async with consumer(bootstrap) as asker:
        yield EndOffsets(asker)
