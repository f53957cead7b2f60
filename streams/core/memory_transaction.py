"""A transaction on the log in memory: open, then committed or aborted as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from streams.core.group_commit import Batch
from streams.core.ports import Fenced
from streams.core.records import Record

if TYPE_CHECKING:
    from streams.core.memory import MemoryLog

T = TypeVar("T")
Row = tuple[bytes, bytes | None]
State = Literal["open", "committed", "aborted"]


class Slots(list[T | None]):
    """The offsets of one partition. None: a marker, an aborted record, or one not committed yet."""

    def __init__(self) -> None:
        super().__init__()
        self._firsts: dict[Transaction, int] = {}

    @property
    def stable_end(self) -> int:
        """The first offset of the oldest open transaction, or the end."""
        return min(self._firsts.values()) if self._firsts else len(self)

    def take(self, transaction: Transaction) -> int:
        """An offset for something of an open transaction."""
        self._firsts.setdefault(transaction, len(self))
        self.append(None)
        return len(self) - 1

    def close(self, transaction: Transaction) -> None:
        """The transaction has ended: its marker."""
        del self._firsts[transaction]
        self.append(None)


class Transaction:
    """What one owner writes in one go. `owner` is its transactional id."""

    def __init__(self, log: MemoryLog, owner: str) -> None:
        self._log = log
        self.owner = owner
        self.state: State = "open"
        self.partitions: set[int] = set()
        """Source partitions whose batches are in it."""
        self.batches: list[Batch] = []
        """What was given to `write`."""
        self.places: dict[tuple[str, int], None] = {}
        """Topics and partitions of the outputs in it."""
        self._written: list[tuple[Slots[Any], int, Any]] = []
        self._touched: dict[int, Slots[Any]] = {}
        self._offsets: dict[tuple[str, int], int] = {}
        log.open.append(self)

    def write(self, batch: Batch) -> dict[str, int]:
        """Add a batch; gives the offset of its last record in each table's changelog."""
        self.batches.append(batch)
        self.partitions.add(batch.partition)
        for output in batch.outputs:
            topic, number = place = self._log.place(output)
            self.places[place] = None
            slots = self._log.slots(topic, number)
            offset = self._take(slots)
            record = Record(topic, number, offset, output.key, output.value, output.headers)
            self._written.append((slots, offset, record))
        ends = {}
        for table, rows in batch.changes.items():
            changelog = self._log.changelog(table, batch.partition)
            for row in rows.items():
                ends[table] = self._take(changelog)
                self._written.append((changelog, ends[table], row))
        self._offsets.update({(topic, batch.partition): at for topic, at in batch.offsets.items()})
        return ends

    def commit(self) -> None:
        """Everything becomes readable at once. Raises `Fenced` when somebody aborted it."""
        self._end("committed")
        for slots, offset, written in self._written:
            slots[offset] = written
        self._log.committed.update(self._offsets)
        self._log.on_end(self)

    def abort(self) -> None:
        """Nothing of it is ever read."""
        self._end("aborted")
        self._log.on_end(self)

    def _take(self, slots: Slots[Any]) -> int:
        self._touched[id(slots)] = slots
        return slots.take(self)

    def _end(self, state: State) -> None:
        if self.state != "open":
            raise Fenced(f"the transaction of {self.owner} was {self.state} by its successor")
        self.state = state
        self._log.open.remove(self)
        for slots in self._touched.values():
            slots.close(self)
