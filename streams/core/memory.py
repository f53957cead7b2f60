"""A log and stores in memory, faithful where the engine can tell the difference.

Like Kafka's, an offset may hold a transaction marker instead of a record: each commit and abort
leaves one behind in every partition it touched, so that reading never ends at a last record.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence

from streams.core.partitioner import partition_of
from streams.core.ports import BatchAborted, Changes, Fenced
from streams.core.records import Chunk, Headers, Output, Record

Hook = Callable[[int], None]
"""Called with the partition of the lane; what it raises is the failure that is injected."""

_CHUNK_RECORDS_MAX = 1_000


def _no_failure(partition: int) -> None:
    """Nothing goes wrong."""


class MemoryLog:
    """Topics of `partitions` partitions each, made by the first record, and their groups."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._slots: dict[tuple[str, int], list[Record | None]] = {}
        self.changelogs: dict[tuple[str, int], list[tuple[bytes, bytes | None] | None]] = {}
        self.committed: dict[tuple[str, int], int] = {}
        self.epochs: dict[int, int] = {}
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
        slots = self._slots.setdefault((topic, partition), [])
        record = Record(topic, partition, len(slots), key, value, headers, timestamp_ms)
        slots.append(record)
        return record

    def mark(self, topic: str, partition: int) -> None:
        """Use up an offset as a transaction marker does."""
        self._slots.setdefault((topic, partition), []).append(None)

    def end_offset(self, topic: str, partition: int) -> int:
        return len(self._slots.get((topic, partition), ()))

    def records(self, topic: str, partition: int | None = None) -> list[Record]:
        """The committed records, partition by partition."""
        return [
            record
            for (name, number), slots in sorted(self._slots.items())
            if name == topic and partition in (None, number)
            for record in slots
            if record is not None
        ]

    def read(self, topic: str, partition: int, start: int) -> Chunk | None:
        """What follows `start`, at most 1,000 offsets; None at the end."""
        slots = self._slots.get((topic, partition), [])
        stop = min(len(slots), start + _CHUNK_RECORDS_MAX)
        if stop <= start:
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
        try:
            self._log.before_commit(self._partition)
        except BatchAborted:
            for topic, partition in {self._place(output) for output in outputs}:
                self._log.mark(topic, partition)
            raise
        for output in outputs:
            _, partition = self._place(output)
            self._log.publish(
                output.topic, output.key, output.value, output.headers, partition=partition
            )
        for topic, partition in {self._place(output) for output in outputs}:
            self._log.mark(topic, partition)
        ends = {table: self._write_changelog(table, rows) for table, rows in changes.items()}
        for topic, offset in offsets.items():
            self._log.committed[topic, self._partition] = offset
        self._log.after_commit(self._partition)
        return ends

    def _place(self, output: Output) -> tuple[str, int]:
        if output.partition is not None:
            return output.topic, output.partition
        if output.key is None:
            raise ValueError(f"an output to {output.topic} needs a key or a partition")
        return output.topic, partition_of(output.key, self._log.partitions)

    def _write_changelog(self, table: str, rows: Changes) -> int:
        changelog = self._log.changelogs.setdefault((table, self._partition), [])
        changelog.extend(rows.items())
        last = len(changelog) - 1
        changelog.append(None)  # the transaction's marker
        return last


class MemoryStore:
    """Rows of one table in one partition. Implements `streams.core.ports.Store`."""

    def __init__(self, before_commit_rows: Callable[[], None] = lambda: None) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._offset: int | None = None
        self.before_commit_rows = before_commit_rows

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def multi_get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self._rows.get(key) for key in keys]

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        first, end = bisect_left(self._keys, start), bisect_left(self._keys, stop)
        return [(key, self._rows[key]) for key in self._keys[first : min(end, first + limit)]]

    def commit_rows(self, changes: Changes, changelog_offset: int) -> None:
        self.before_commit_rows()
        for key, row in changes.items():
            self._write(key, row)
        self._offset = changelog_offset

    def changelog_offset(self) -> int | None:
        return self._offset

    def restore(self, changelog: Sequence[tuple[bytes, bytes | None] | None]) -> None:
        """Apply what the changelog holds beyond the stored offset, as recovery does."""
        start = 0 if self._offset is None else self._offset + 1
        for offset in range(start, len(changelog)):
            entry = changelog[offset]
            if entry is not None:
                self._write(*entry)
                self._offset = offset

    def items(self) -> list[tuple[bytes, bytes]]:
        return [(key, self._rows[key]) for key in self._keys]

    def _write(self, key: bytes, row: bytes | None) -> None:
        known = key in self._rows
        if row is not None:
            self._rows[key] = row
            if not known:
                insort(self._keys, key)
        elif known:
            del self._rows[key]
            del self._keys[bisect_left(self._keys, key)]
