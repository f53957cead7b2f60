"""What the log saw being committed, in order: evidence that no owner of a partition could alter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streams.core.engine_rows import parse_now
from streams.core.memory import MemoryLog
from streams.core.memory_transaction import Transaction

LOOK_TOPICS = ("payments", "invoices", "customers", "interactions")
_LOOK = b"look|"


@dataclass(frozen=True)
class Reminded:
    """A reminder, and where the log stood when its look was put aside: None, if it never was."""

    message_id: str
    partition: int
    customer: bytes
    looked: tuple[dict[str, int], ...]


class Commits:
    """Is told of each committed transaction of a log."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self.positions: list[tuple[int, dict[str, int]]] = []
        """(partition, next offset by topic) of each committed batch."""
        self.reminded: list[Reminded] = []
        self.backwards: list[str] = []
        """Partitions whose `now` went back."""
        self._now: dict[int, str] = {}
        self.transactions = 0
        self.largest = 0
        self._asked: dict[tuple[int, bytes], dict[bytes, dict[str, int]]] = {}

    def note(self, transaction: Transaction) -> None:
        """It was committed just now."""
        self.transactions += 1
        self.largest = max(self.largest, len(transaction.batches))
        for batch in transaction.batches:
            partition, engine = batch.partition, batch.changes.get("engine", {})
            self.positions.append((partition, dict(batch.offsets)))
            self._reminders(partition, batch.outputs)
            self._time(partition, engine.get(b"now"))
            self._looks(partition, engine)

    def _reminders(self, partition: int, outputs: Any) -> None:
        for output in outputs:
            value = output.value or b""
            if output.topic.startswith("messages.") and b'"kind":"reminder"' in value:
                if b'"last_look"' not in value:
                    continue  # a withdrawal of one
                name = value.partition(b'"message_id":"')[2].partition(b'"')[0].decode()
                looked = self._asked.get((partition, output.key), {})
                self.reminded.append(Reminded(name, partition, output.key, tuple(looked.values())))

    def _time(self, partition: int, row: bytes | None) -> None:
        if row is None:
            return
        now = str(parse_now(row))
        if now < self._now.get(partition, now):
            self.backwards.append(f"now of partition {partition}: {now}")
        self._now[partition] = now

    def _looks(self, partition: int, rows: Any) -> None:
        """A look put aside: from now on the log must be read at least up to here."""
        for key, row in rows.items():
            if not key.startswith(_LOOK):
                continue
            ref = key[len(_LOOK) :]
            looks = self._asked.setdefault((partition, ref.split(b"|")[1]), {})
            if row is not None:
                looks[ref] = {t: self._log.end_offset(t, partition) for t in LOOK_TOPICS}
