"""The whole product logic without Kafka: one lane for each partition over a log in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import orjson

from streams.core.budget import DeadLetterBudget
from streams.core.config import LaneConfig
from streams.core.engine_rows import ENGINE_TABLE, TIMERS_TABLE
from streams.core.lane import Lane
from streams.core.logic import Logic
from streams.core.memory import MemoryLog, MemoryStore
from streams.core.records import Chunk, Headers, Record
from streams.core.status import LaneStatus

StatelessHandler = Callable[[Record], Iterable[tuple[str, bytes | None, bytes | None, Headers]]]
"""Stands for an I/O agent: gives (topic, key, value, headers) to publish for a record."""


class MemoryCluster:
    """Feed records, tick, run until idle, read outputs; crash partitions and bring them back.

    `sources` are the topics the logic reads besides ticks; those named in the config's
    `look_topics` must be among them. Needs a running event loop from `start` on.
    """

    def __init__(
        self,
        logic: Logic,
        *,
        sources: Sequence[str],
        tables: Sequence[str],
        partitions: int = 4,
        config: LaneConfig | None = None,
        budget: Callable[[], DeadLetterBudget] = DeadLetterBudget,
    ) -> None:
        self.config = config or LaneConfig()
        self.log = MemoryLog(partitions)
        self.failures: dict[int, BaseException] = {}
        self._logic = logic
        self._sources = (self.config.ticks_topic, *sources)
        self._tables = tuple(dict.fromkeys((*tables, ENGINE_TABLE, TIMERS_TABLE)))
        self._budget = budget
        self._stateless: dict[str, StatelessHandler] = {}
        self._read: dict[tuple[str, int], int] = {}
        self.stores: dict[int, dict[str, MemoryStore]] = {
            partition: {table: MemoryStore() for table in self._tables}
            for partition in range(partitions)
        }
        self.lanes: dict[int, Lane] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def attach(self, topic: str, handler: StatelessHandler) -> None:
        """Answer the records of `topic` as a stateless agent would, during `run_until_idle`."""
        self._stateless[topic] = handler

    async def start(self, now: datetime) -> None:
        """Assign every partition: recover, tick, open."""
        for partition in range(self.log.partitions):
            self.assign(partition, now)
        await self.run_until_idle()

    def assign(self, partition: int, now: datetime, *, disk_lost: bool = False) -> Lane:
        """Give the partition a new owner, who restores its stores from the changelogs."""
        log = self.log.lane(partition)  # fences the owner before
        if disk_lost:
            self.stores[partition] = {table: MemoryStore() for table in self._tables}
        for table, store in self.stores[partition].items():
            store.restore(self.log.changelogs.get((table, partition), []))
        self.failures.pop(partition, None)
        lane = Lane(
            partition,
            self._logic,
            log,
            self.stores[partition],
            config=self.config,
            budget=self._budget(),
            on_failed=lambda error: self.failures.__setitem__(partition, error),
        )
        for topic in self._sources:
            position = self.log.committed.get((topic, partition), 0)
            self._read[topic, partition] = position
            lane.offer(Chunk(topic, partition, (), position))
        self.lanes[partition] = lane
        self._tasks[partition] = lane.start()
        lane.open_at(self._tick(partition, now).offset)
        return lane

    async def crash(self, partition: int) -> None:
        """Kill the owner where it stands; its stores keep what they have."""
        del self.lanes[partition]
        task = self._tasks.pop(partition)
        task.cancel()
        await asyncio.wait({task})

    async def stop(self) -> None:
        for lane in self.lanes.values():
            await lane.stop()

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        *,
        partition: int | None = None,
        timestamp_ms: int = 0,
    ) -> Record:
        return self.log.publish(
            topic, key, value, headers, partition=partition, timestamp_ms=timestamp_ms
        )

    def tick(self, now: datetime) -> None:
        """One tick to every partition, in the order of the log."""
        for partition in range(self.log.partitions):
            self._tick(partition, now)

    async def advance(self, to: datetime) -> None:
        """Move the time to `to`, stopping at each due instant on the way, and run until idle."""
        await self.run_until_idle()
        while (due := self.next_due()) is not None and due <= to:
            before = self.status()
            self.tick(max(due, *(status.now for status in before.values() if status.now)))
            await self.run_until_idle()
            if self.failures:
                return
        self.tick(to)
        await self.run_until_idle()

    def next_due(self) -> datetime | None:
        """When the next timer of any partition is due."""
        dues = (status.next_due for status in self.status().values())
        return min((due for due in dues if due is not None), default=None)

    async def run_until_idle(self) -> None:
        """Until every lane has applied everything there is and no look waits any more."""
        while True:
            self._answer_stateless()
            moved = [self._feed(partition, lane) for partition, lane in self.lanes.items()]
            for lane in self.lanes.values():
                await lane.wait_idle()
            if not any(moved) and not self._has_unread():
                return
            await asyncio.sleep(0)

    def records(self, topic: str) -> list[Record]:
        """Committed records of a topic, partition by partition."""
        return self.log.records(topic)

    def row(self, table: str, key: str) -> bytes | None:
        """The row wherever it lives."""
        found = (stores[table].get(key.encode()) for stores in self.stores.values())
        return next((row for row in found if row is not None), None)

    def rows(self, table: str) -> dict[str, bytes]:
        """All rows of a table, of every partition."""
        return {
            key.decode(): row
            for stores in self.stores.values()
            for key, row in stores[table].items()
        }

    def status(self) -> Mapping[int, LaneStatus]:
        return {partition: lane.status() for partition, lane in self.lanes.items()}

    def _tick(self, partition: int, now: datetime) -> Record:
        value = orjson.dumps({"now": now.isoformat()})
        return self.log.publish(self.config.ticks_topic, None, value, partition=partition)

    def _feed(self, partition: int, lane: Lane) -> bool:
        """Offer what is unread, as far as there is room. Gives whether something was offered."""
        fed = False
        for topic in self._sources if partition not in self.failures else ():
            place = (topic, partition)
            while not lane.full or topic == self.config.ticks_topic:
                chunk = self.log.read(topic, partition, self._read[place])
                if chunk is None:
                    break
                self._read[place] = chunk.next_offset
                lane.offer(chunk)
                fed = True
        return fed

    def _has_unread(self) -> bool:
        return any(
            self._read[topic, partition] < self.log.end_offset(topic, partition)
            for topic in self._sources
            for partition in self.lanes
            if partition not in self.failures
        )

    def _answer_stateless(self) -> None:
        for topic, handler in self._stateless.items():
            for partition in range(self.log.partitions):
                start = self._read.get((topic, partition), 0)
                while (chunk := self.log.read(topic, partition, start)) is not None:
                    start = chunk.next_offset
                    for record in chunk.records:
                        for name, key, value, headers in handler(record):
                            self.log.publish(name, key, value, headers)
                self._read[topic, partition] = start
