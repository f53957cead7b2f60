"""The log over Kafka: implements `core.ports.Log`. All lanes of a worker share its transactions."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from confluent_kafka import TopicPartition

from runtime import metrics
from streams.changelog_ends import ChangelogEnds
from streams.core.group_commit import Batch, GroupCommit
from streams.core.ports import BatchAborted, Changes, Fenced
from streams.core.records import Output
from streams.group_reader import GroupReader
from streams.membership import Membership
from streams.producer import NotOwner, TransactionalProducer
from streams.topics import DEAD_LETTERS, TopicNames, changelog_topic

T = TypeVar("T")


class WorkerLog:
    """The transactions of one worker. Its transactional id is its own, so it fences only itself.

    Other workers are kept out by the group: each transaction carries a position of every partition
    it writes for, under the membership of `owned_as`, and the broker refuses those of a former
    generation. `streams.fencing` ends what a former owner left open.
    """

    def __init__(
        self,
        app_id: str,
        producer: TransactionalProducer,
        reader: GroupReader,
        names: TopicNames,
        executor: Executor,
    ) -> None:
        self._app_id = app_id
        self._producer = producer
        self._reader = reader
        self._names = names
        self._executor = executor
        # A cancelled task leaves its thread at work; nobody may enter before that has ended.
        self._one_at_a_time = threading.Lock()
        self._together: GroupCommit | None = None
        self._ends: dict[int, ChangelogEnds] = {}
        self._initialised = False

    @property
    def transactional_id(self) -> str:
        return self._producer.transactional_id

    async def init(self) -> None:
        """Once for the process: end what an earlier process of this name left open."""
        if not self._initialised:
            await self._off_loop(self._producer.init)
            self._initialised = True

    def owned_as(self, member: Membership) -> None:
        """Partitions that are opened from here on are committed as this member.

        Those opened before keep theirs, whatever has become of it.
        """
        if not member.stands:
            raise Fenced(f"the group does not know us: generation {member.generation}")
        metadata = member.metadata()

        async def transact(batches: Sequence[Batch]) -> list[dict[str, int]]:
            return await self._off_loop(lambda: self._commit(batches, metadata))

        self._together = GroupCommit(transact)

    def partition(
        self, partition: int, positions: Mapping[str, int], ends: Mapping[str, int]
    ) -> PartitionLog:
        """The log for one partition's lane.

        `positions`: where its topics are read from. `ends`: up to where its tables are restored.
        """
        self._ends[partition] = ChangelogEnds(ends)
        return PartitionLog(self, self.turns, partition, positions)

    @property
    def turns(self) -> GroupCommit:
        """Of the lanes that are opened now."""
        if self._together is None:
            raise RuntimeError("a partition was opened before any was assigned")
        return self._together

    async def end_offsets(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        wire = [self._names.wire(topic) for topic in topics]
        found = await asyncio.get_running_loop().run_in_executor(
            self._executor, self._reader.end_offsets, wire, partition
        )
        return {self._names.plain(topic): offset for topic, offset in found.items()}

    async def settle(self) -> None:
        """Wait until no transaction is under way, in a thread or waited for."""
        if self._together is not None:
            await self._together.settle()
        await self._off_loop(lambda: None)

    async def close(self) -> None:
        """The end of the process."""
        await self._off_loop(self._producer.close)

    async def _off_loop(self, call: Callable[[], T]) -> T:
        def alone() -> T:
            with self._one_at_a_time:
                return call()

        return await asyncio.get_running_loop().run_in_executor(self._executor, alone)

    def _commit(self, batches: Sequence[Batch], member: bytes) -> list[dict[str, int]]:
        producer = self._producer
        started = time.monotonic()
        producer.begin()
        try:
            for batch in batches:
                self._produce(batch)
            producer.commit([tp for batch in batches for tp in self._positions(batch)], member)
        except (BatchAborted, NotOwner):
            producer.abort()
            metrics.BATCHES.labels("aborted").inc(len(batches))
            raise
        metrics.BATCHES.labels("committed").inc(len(batches))
        metrics.BATCH_SECONDS.labels("commit").observe(time.monotonic() - started)
        for batch in batches:
            _count(batch.outputs)
        return [self._ends[batch.partition].committed(batch.changes) for batch in batches]

    def _produce(self, batch: Batch) -> None:
        for output in batch.outputs:
            self._producer.produce(
                self._names.wire(output.topic),
                output.key,
                output.value,
                partition=output.partition,
                headers=output.headers,
            )
        for table, rows in batch.changes.items():
            topic = changelog_topic(self._app_id, table)
            for key, row in rows.items():
                self._producer.produce(topic, key, row, partition=batch.partition)

    def _positions(self, batch: Batch) -> list[TopicPartition]:
        """With our transactional id beside each: a successor who waits for us can end us by it."""
        return [
            TopicPartition(
                self._names.wire(topic), batch.partition, offset, metadata=self.transactional_id
            )
            for topic, offset in batch.offsets.items()
        ]


class PartitionLog:
    """The worker's log as the lane of one partition sees it."""

    def __init__(
        self,
        worker: WorkerLog,
        together: GroupCommit,
        partition: int,
        positions: Mapping[str, int],
    ) -> None:
        if not positions:
            raise ValueError("a partition's transactions need a position to be fenced by")
        self._worker = worker
        self._together = together
        self._partition = partition
        self._positions = dict(positions)

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        return await self._worker.end_offsets(topics, self._partition)

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        """A batch without new positions repeats one: without any it would pass unfenced."""
        sent = dict(offsets) or dict([next(iter(self._positions.items()))])
        ends = await self._together.commit(Batch(self._partition, outputs, changes, sent))
        self._positions |= sent
        return ends


def _count(outputs: Sequence[Output]) -> None:
    for output in outputs:
        metrics.OUTPUTS.labels(output.topic).inc()
        if output.topic == DEAD_LETTERS:
            headers = dict(output.headers)
            topic, reason = headers.get("dl_topic", b""), headers.get("dl_reason", b"")
            metrics.DEAD_LETTERS.labels(topic.decode(), reason.decode()).inc()
