"""What a logic sees while a batch is folded, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime

from streams.core.dead_letters import dead_letter
from streams.core.engine_rows import ENGINE_TABLE, NOW_KEY, look_key, look_row, now_row, parse_now
from streams.core.logic import Timer
from streams.core.records import Output, Record
from streams.core.rows import Rows
from streams.core.timers import TimerQueue


class NoTick(RuntimeError):
    """The time was asked for before the partition has seen its first tick."""


class BatchContext:
    """The `Context` of one batch. Implements `streams.core.logic.Context`."""

    def __init__(self, partition: int, rows: Rows, dead_letters_topic: str) -> None:
        self._partition = partition
        self._rows = rows
        self._dead_letters_topic = dead_letters_topic
        stored = rows.get(ENGINE_TABLE, NOW_KEY)
        self.tick = None if stored is None else parse_now(stored)
        self.timers = TimerQueue(rows)
        self.outputs: list[Output] = []
        self.requested: dict[str, None] = {}
        self.dead_letters = 0

    @property
    def partition(self) -> int:
        return self._partition

    @property
    def now(self) -> datetime:
        if self.tick is None:
            raise NoTick(f"partition {self._partition} has not seen a tick yet")
        return self.tick

    def advance(self, moment: datetime) -> None:
        """Move `now` forward; an earlier moment changes nothing."""
        if self.tick is None or moment > self.tick:
            self.tick = moment
            self._rows.put(ENGINE_TABLE, NOW_KEY, now_row(moment))

    def get(self, table: str, key: str) -> bytes | None:
        return self._rows.get(table, key)

    def put(self, table: str, key: str, value: bytes) -> None:
        self._rows.put(table, key, value)

    def delete(self, table: str, key: str) -> None:
        self._rows.delete(table, key)

    def set_timer(self, timer: Timer) -> None:
        self.timers.set(timer)

    def cancel_timer(self, timer: Timer) -> None:
        self.timers.cancel(timer)

    def request_look(self, ref: str) -> None:
        self.requested[ref] = None
        self._rows.put(ENGINE_TABLE, look_key(ref), look_row(ref))

    def emit(self, output: Output) -> None:
        self.outputs.append(output)

    def dead_letter(self, record: Record, reason: str, detail: str) -> None:
        self.dead_letters += 1
        self.outputs.append(dead_letter(self._dead_letters_topic, record, reason, detail))
