"""Writes to the log and asks how far it goes, for processes that are no workers.

Built on librdkafka: one background thread serves delivery reports, callers await them. Every
write waits for all in-sync replicas, and is idempotent within this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

_DELIVERY_TIMEOUT_MS = 20_000
_ASK_TIMEOUT_S = 5.0
_POLL_S = 0.05
_FLUSH_S = 5.0
_NO_SUCH_TOPIC = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001 - the public names
)


class LogUnavailable(Exception):
    """The broker did not acknowledge or answer in time; what was asked may be asked again."""


class LogClient:
    """One per process. `await start()` before use and `await stop()` at the end."""

    def __init__(self, bootstrap: str, topic_prefix: str = "") -> None:
        self._prefix = topic_prefix
        common = {"bootstrap.servers": bootstrap, "client.id": "dunnock-web"}
        library = logging.getLogger("librdkafka")  # else it writes to stderr by itself
        self._admin = AdminClient(common, logger=library)
        self._producer = Producer(
            common
            | {
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 0,
                "partitioner": "murmur2_random",
                "delivery.timeout.ms": _DELIVERY_TIMEOUT_MS,
            },
            logger=library,
        )
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._poller = asyncio.create_task(self._serve_reports())

    async def stop(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller
        await asyncio.to_thread(self._producer.flush, _FLUSH_S)

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int:
        """The record's offset once the broker has acknowledged it, or `LogUnavailable`.

        `topic` without the prefix; no `partition`: murmur2 of the key.
        """
        loop = asyncio.get_running_loop()
        delivered: asyncio.Future[int] = loop.create_future()

        def settle(error: KafkaError | None, offset: int) -> None:
            if delivered.done():
                return
            if error is not None:
                delivered.set_exception(LogUnavailable(f"{topic}: {error.str()}"))
            else:
                delivered.set_result(offset)

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            loop.call_soon_threadsafe(settle, error, message.offset() or 0)

        where = {} if partition is None else {"partition": partition}
        try:
            self._producer.produce(
                self._prefix + topic,
                value=value,
                key=key,
                headers=list(headers),
                on_delivery=on_delivery,
                **where,
            )
        except (BufferError, KafkaException) as error:
            raise LogUnavailable(f"{topic}: {error}") from error
        return await delivered

    async def publish_many(
        self,
        topic: str,
        records: Sequence[tuple[bytes, bytes, Iterable[tuple[str, bytes]]]],
    ) -> None:
        """Key, value and headers of each; back when the broker has acknowledged all of them.

        Raises `LogUnavailable` unless every one was: then any of them may be there.
        """
        loop = asyncio.get_running_loop()
        settled: asyncio.Future[None] = loop.create_future()
        left = len(records)
        failed: KafkaError | None = None

        def settle(error: KafkaError | None) -> None:
            if settled.done():
                return
            if error is not None:
                settled.set_exception(LogUnavailable(f"{topic}: {error.str()}"))
            else:
                settled.set_result(None)

        def on_delivery(error: KafkaError | None, _: Message) -> None:
            nonlocal left, failed
            left, failed = left - 1, failed or error
            if not left:
                loop.call_soon_threadsafe(settle, failed)

        try:
            for key, value, headers in records:
                self._producer.produce(
                    self._prefix + topic,
                    value=value,
                    key=key,
                    headers=list(headers),
                    on_delivery=on_delivery,
                )
        except (BufferError, KafkaException) as error:
            raise LogUnavailable(f"{topic}: {error}") from error
        if records:
            await settled

    async def end_offsets(
        self, topics: Iterable[str], partitions: int, *, stable: bool = False
    ) -> dict[int, dict[str, int]]:
        """How far the log goes, by partition, then topic, asked now.

        High watermarks (uncommitted records included), or, `stable`, the last stable offsets. A
        topic that does not exist is left out. Raises `LogUnavailable` when no broker answers.
        """
        asked = {
            TopicPartition(self._prefix + topic, number): OffsetSpec.latest()
            for topic in topics
            for number in range(partitions)
        }
        level = IsolationLevel.READ_COMMITTED if stable else IsolationLevel.READ_UNCOMMITTED
        try:
            futures: Mapping[TopicPartition, Future[Any]] = await asyncio.to_thread(
                self._admin.list_offsets,
                asked,
                isolation_level=level,
                request_timeout=_ASK_TIMEOUT_S,
            )
        except KafkaException as error:
            raise LogUnavailable(str(error)) from error
        ends: dict[int, dict[str, int]] = {number: {} for number in range(partitions)}
        for place, future in futures.items():
            try:
                answer = await asyncio.wrap_future(future)
            except KafkaException as error:
                if error.args[0].code() in _NO_SUCH_TOPIC:
                    continue
                raise LogUnavailable(f"{place.topic}: {error}") from error
            ends[place.partition][place.topic.removeprefix(self._prefix)] = answer.offset
        return ends

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        """How far a consumer group has committed a topic, by partition. Raises `LogUnavailable`."""
        try:
            futures = await asyncio.to_thread(
                self._admin.list_consumer_group_offsets,
                [ConsumerGroupTopicPartitions(group)],
                request_timeout=_ASK_TIMEOUT_S,
            )
            answer = await asyncio.wrap_future(futures[group])
        except KafkaException as error:
            raise LogUnavailable(f"{group}: {error}") from error
        wire = self._prefix + topic
        return {
            place.partition: place.offset
            for place in answer.topic_partitions
            if place.topic == wire and place.offset >= 0
        }

    async def _serve_reports(self) -> None:
        while True:
            await asyncio.to_thread(self._producer.poll, _POLL_S)
