"""A log in memory, faithful where the engine can tell the difference.

Like Kafka's, an offset may hold a transaction marker or an aborted record instead of one that can
be read: each commit and abort leaves a marker in every partition it touched, so that reading never
ends at a last record. What an open transaction has written takes its offsets at once, counts for
the high watermark and holds up everybody who reads committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from streams.core.group_commit import Batch
from streams.core.memory_store import MemoryStore
from streams.core.memory_transaction import Row, Slots, Transaction
from streams.core.partitioner import partition_of
from streams.core.ports import Changes, Fenced
from streams.core.records import Chunk, Headers, Output, Record

__all__ = ["MemoryLane", "MemoryLog", "MemoryStore"]

Hook = Callable[[int], None]
"""Called with the partition of the lane; what it raises is the failure that is injected."""

CHUNK_OFFSETS_MAX = 1_000


def _no_failure(partition: int) -> None:
    """Nothing goes wrong."""


def _nobody_listens(transaction: Transaction) -> None:
    """Nobody wants to know."""


class MemoryLog:
    """Topics of `partitions` partitions each, made by the first record, and their groups."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._slots: dict[tuple[str, int], Slots[Record]] = {}
        self.changelogs: dict[tuple[str, int], Slots[Row]] = {}
        self.committed: dict[tuple[str, int], int] = {}
        self.epochs: dict[int, int] = {}
        self.open: list[Transaction] = []
        """Transactions that are neither committed nor aborted, the oldest first."""
        self.on_end: Callable[[Transaction], None] = _nobody_listens
        """Called with each transaction once it is committed or aborted: see its `state`."""
        self.before_commit: Hook = _no_failure
        self.after_commit: Hook = _no_failure
        """The transaction stands, but the lane doesn't hear of it."""
        self.before_end_offsets: Hook = _no_failure

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
        """Append one record as an outside producer does; a None key needs a partition."""
        if partition is None:
            if key is None:
                raise ValueError("a record needs a key or a partition")
            partition = partition_of(key, self.partitions)
        slots = self.slots(topic, partition)
        record = Record(topic, partition, len(slots), key, value, headers, timestamp_ms)
        slots.append(record)
        return record

    def slots(self, topic: str, partition: int) -> Slots[Record]:
        """Every offset of a partition: a record, or None for what cannot be read (yet)."""
        return self._slots.setdefault((topic, partition), Slots())

    def changelog(self, table: str, partition: int) -> Slots[Row]:
        """The same of a table's changelog."""
        return self.changelogs.setdefault((table, partition), Slots())

    def place(self, output: Output) -> tuple[str, int]:
        """Topic and partition of an output: its own, or that of its key."""
        if output.partition is not None:
            return output.topic, output.partition
        if output.key is None:
            raise ValueError(f"an output to {output.topic} needs a key or a partition")
        return output.topic, partition_of(output.key, self.partitions)

    def end_offset(self, topic: str, partition: int) -> int:
        """The high watermark, open transactions included."""
        return len(self._slots.get((topic, partition), ()))

    def stable_end(self, topic: str, partition: int) -> int:
        """How far a committed read gets now: an open transaction holds it up."""
        slots = self._slots.get((topic, partition))
        return 0 if slots is None else slots.stable_end

    def records(self, topic: str, partition: int | None = None) -> list[Record]:
        """The committed records, partition by partition."""
        return [
            record
            for (name, number), slots in sorted(self._slots.items())
            if name == topic and partition in (None, number)
            for record in slots
            if record is not None
        ]

    def read(
        self, topic: str, partition: int, start: int, limit: int = CHUNK_OFFSETS_MAX
    ) -> Chunk | None:
        """What follows `start`, at most `limit` offsets; None at the end of what is committed."""
        slots = self._slots.get((topic, partition))
        stop = 0 if slots is None else min(slots.stable_end, start + limit)
        if slots is None or stop <= start:
            return None
        records = tuple(record for record in slots[start:stop] if record is not None)
        return Chunk(topic, partition, records, stop)

    def topics(self) -> set[str]:
        return {topic for topic, _ in self._slots}

    def lane(self, partition: int) -> MemoryLane:
        """The `Log` of a new owner of the partition; the one before is fenced."""
        self.epochs[partition] = self.epochs.get(partition, 0) + 1
        return MemoryLane(self, partition, self.epochs[partition])


class MemoryLane:
    """One partition's lane as the log sees it. Implements `streams.core.ports.Log`."""

    def __init__(self, log: MemoryLog, partition: int, epoch: int) -> None:
        self._log = log
        self._partition = partition
        self._epoch = epoch

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        await asyncio.sleep(0)
        self._log.before_end_offsets(self._partition)
        return {topic: self._log.end_offset(topic, self._partition) for topic in topics}

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        await asyncio.sleep(0)  # let the world move, as a network would
        if self._log.epochs[self._partition] != self._epoch:
            raise Fenced(f"partition {self._partition} has a newer owner")
        transaction = Transaction(self._log, str(self._partition))
        ends = transaction.write(Batch(self._partition, outputs, changes, offsets))
        try:
            self._log.before_commit(self._partition)
        except BaseException:
            transaction.abort()  # or, where the owner has ended: its successor does
            raise
        transaction.commit()
        self._log.after_commit(self._partition)
        return ends
