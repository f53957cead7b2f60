"""Everything that comes out of a stack for one story's customers, read committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition

from connectors.kafka_io import consumer
from connectors.log_client import LogClient
from dunnock.playing.driver import Output, in_time, output_of
from runtime.settings import settings
from streams.core.records import Record, headers_from
from streams.topics import OUT_TOPICS, TopicNames

_POLL_MS = 200


class Outlet:
    """A reader that stands where the topics ended when it was opened."""

    def __init__(self, reader: Any, log: LogClient, partitions: int, suffix: str) -> None:
        self._reader, self._log = reader, log
        self._partitions, self._suffix = partitions, suffix.encode()
        self._names = TopicNames(settings().topic_prefix)

    async def read(self, present: dt.datetime) -> list[Output]:
        """What came out for our customers since the last call, in the order of time."""
        ends = await self._ends()
        found: list[Output] = []
        while await self._behind(ends):
            got = await self._reader.getmany(timeout_ms=_POLL_MS)
            for place, records in got.items():
                topic = self._names.plain(place.topic)
                found += [self._output(topic, one) for one in records if self._is_ours(one)]
        return in_time(found, present)

    async def start(self) -> None:
        """Begin where every topic ends now."""
        ends = await self._ends()
        self._reader.assign(list(ends))
        for place, end in ends.items():
            self._reader.seek(place, end)

    async def _ends(self) -> dict[TopicPartition, int]:
        topics = [spec.name for spec in OUT_TOPICS]
        ends = await self._log.end_offsets(topics, self._partitions, stable=True)
        return {
            TopicPartition(self._names.wire(topic), number): end
            for number, of_topics in ends.items()
            for topic, end in of_topics.items()
        }

    async def _behind(self, ends: dict[TopicPartition, int]) -> bool:
        for place, end in ends.items():
            if await self._reader.position(place) < end:
                return True
        return False

    def _is_ours(self, record: Any) -> bool:
        return bool(record.key) and record.key.endswith(self._suffix)

    def _output(self, topic: str, record: Any) -> Output:
        headers = headers_from(record.headers)
        raw = Record(topic, record.partition, record.offset, record.key, record.value, headers)
        return output_of(topic, raw)


@asynccontextmanager
async def reading(bootstrap: str, log: LogClient, suffix: str) -> AsyncIterator[Outlet]:
    """An `Outlet` inside the block."""
    async with consumer(bootstrap) as reader:
        outlet = Outlet(reader, log, settings().partitions, suffix)
        await outlet.start()
        yield outlet
