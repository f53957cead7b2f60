"""The log of one partition over Kafka: implements `core.ports.Log` with one transaction a batch."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from confluent_kafka import TopicPartition

from runtime import metrics
from streams.core.ports import BatchAborted, Changes
from streams.core.records import Output
from streams.group_reader import GroupReader
from streams.producer import TransactionalProducer
from streams.topics import DEAD_LETTERS, TopicNames, changelog_topic

T = TypeVar("T")


class PartitionLog:
    """Outputs, changelog records and source positions of one partition, all or nothing."""

    def __init__(
        self,
        app_id: str,
        partition: int,
        producer: TransactionalProducer,
        reader: GroupReader,
        names: TopicNames,
        executor: Executor,
    ) -> None:
        self._app_id = app_id
        self._partition = partition
        self._producer = producer
        self._reader = reader
        self._names = names
        self._executor = executor
        # A cancelled task leaves its thread at work; nobody may enter before that has ended.
        self._one_at_a_time = threading.Lock()

    async def init(self) -> None:
        """Fence the predecessor. Until then nothing read from the log is final."""
        await self._off_loop(self._producer.init)

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        wire = [self._names.wire(topic) for topic in topics]
        found = await asyncio.get_running_loop().run_in_executor(
            self._executor, self._reader.end_offsets, wire, self._partition
        )
        return {self._names.plain(topic): offset for topic, offset in found.items()}

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        return await self._off_loop(lambda: self._commit(outputs, changes, offsets))

    async def settle(self) -> None:
        """Wait until nothing of this log runs in a thread any more."""
        await self._off_loop(lambda: None)

    async def _off_loop(self, call: Callable[[], T]) -> T:
        def alone() -> T:
            with self._one_at_a_time:
                return call()

        return await asyncio.get_running_loop().run_in_executor(self._executor, alone)

    def _commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        producer = self._producer
        started = time.monotonic()
        last: dict[str, int] = {}
        producer.begin()
        try:
            for output in outputs:
                producer.produce(
                    self._names.wire(output.topic),
                    output.key,
                    output.value,
                    partition=output.partition,
                    headers=output.headers,
                )
            for table, rows in changes.items():
                self._produce_changelog(table, rows, last)
            producer.commit(self._positions(offsets), self._reader.group_metadata())
        except BatchAborted:
            producer.abort()
            metrics.BATCHES.labels("aborted").inc()
            raise
        metrics.BATCHES.labels("committed").inc()
        metrics.BATCH_SECONDS.labels("commit").observe(time.monotonic() - started)
        _count(outputs)
        return last

    def _produce_changelog(self, table: str, rows: Changes, last: dict[str, int]) -> None:
        topic = changelog_topic(self._app_id, table)

        def landed(offset: int) -> None:
            last[table] = max(offset, last.get(table, -1))

        on_delivery = self._producer.counting(landed)
        for key, value in rows.items():
            self._producer.produce(
                topic, key, value, partition=self._partition, on_delivery=on_delivery
            )

    def _positions(self, offsets: Mapping[str, int]) -> list[TopicPartition]:
        return [
            TopicPartition(self._names.wire(topic), self._partition, offset)
            for topic, offset in offsets.items()
        ]


def _count(outputs: Sequence[Output]) -> None:
    for output in outputs:
        metrics.OUTPUTS.labels(output.topic).inc()
        if output.topic == DEAD_LETTERS:
            headers = dict(output.headers)
            topic, reason = headers.get("dl_topic", b""), headers.get("dl_reason", b"")
            metrics.DEAD_LETTERS.labels(topic.decode(), reason.decode()).inc()
