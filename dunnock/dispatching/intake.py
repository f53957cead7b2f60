"""From the log into the pool and back: fetches, holds back where the pool is full, commits."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from dunnock.dispatching.withdrawals import WithdrawalReader
from runtime import logs, metrics
from streams.core.pool import Pool
from streams.core.records import Chunk, Record, headers_from
from streams.topics import TopicNames

log = logs.logger(__name__)

_POLL_MS = 100
_RECORDS_MAX = 500
_COMMIT_EVERY_S = 0.5


def messages_topic(channel: str) -> str:
    """The plain name of the topic of a channel's messages."""
    return f"messages.{channel}"


class Intake(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka publishes no types
    """Feeds one topic to a pool; `run()` until cancelled, then `commit()` what was settled."""

    def __init__(
        self, channel: str, names: TopicNames, consumer: Any, reader: WithdrawalReader
    ) -> None:
        self._topic = messages_topic(channel)
        self._wire = names.wire(self._topic)
        self._channel = channel
        self._consumer = consumer
        self._reader = reader
        self._pool: Pool | None = None
        self._committable: dict[TopicPartition, int] = {}
        self.assigned = False

    def committable(self, topic: str, partition: int, next_offset: int) -> None:
        """The pool's callback: everything before `next_offset` is settled."""
        del topic  # there is but one
        self._committable[TopicPartition(self._wire, partition)] = next_offset

    async def run(self, pool: Pool) -> None:
        """Read until cancelled. Raises aiokafka's errors that it does not overcome by itself."""
        self._pool = pool
        self._consumer.subscribe([self._wire], listener=self)
        committed_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await self._fetch(pool)
            metrics.DISPATCHES_IN_FLIGHT.labels(self._channel).set(pool.unacked)
            if loop.time() - committed_at >= _COMMIT_EVERY_S:
                await self.commit()
                committed_at = loop.time()

    async def _fetch(self, pool: Pool) -> None:
        open_places = []
        for place in self._consumer.assignment():
            if pool.full(self._topic, place.partition):
                self._consumer.pause(place)
            else:
                self._consumer.resume(place)
                open_places.append(place)
        if not open_places:
            await asyncio.sleep(_POLL_MS / 1000)
            return
        batches = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_MAX)
        for place, batch in batches.items():
            if place not in self._consumer.assignment():
                continue  # taken away while we waited
            records = tuple(self._record(found) for found in batch)
            next_offset = records[-1].offset + 1
            pool.offer(Chunk(self._topic, place.partition, records, next_offset))

    async def commit(self) -> None:
        """Commit what was settled since the last time."""
        ready, self._committable = self._committable, {}
        ours = self._consumer.assignment()
        if offsets := {place: offset for place, offset in ready.items() if place in ours}:
            try:
                await self._consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                # The group moved on: another process settles these again and finds them done.
                log.warning("commit refused by the group", partitions=len(offsets))
            except KafkaError as error:
                # The broker is away: what is newer by then is committed with it.
                self._committable = offsets | self._committable
                log.warning("commit failed, tried again later", error=type(error).__name__)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Commit, then let go."""
        self.assigned = False
        await self.commit()
        for place in revoked:
            if self._pool is not None:
                self._pool.drop(self._topic, place.partition)

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Send the withdrawal reader ahead; the messages wait for it."""
        starts = {place.partition: await self._consumer.committed(place) for place in assigned}
        self._reader.assign(starts)
        self.assigned = True
        log.info("partitions assigned", partitions=sorted(starts))

    def _record(self, found: Any) -> Record:
        return Record(
            topic=self._topic,
            partition=found.partition,
            offset=found.offset,
            key=found.key,
            value=found.value,
            headers=headers_from(found.headers),
            timestamp_ms=found.timestamp,
        )
