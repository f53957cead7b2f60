"""What a logic sees while a batch is folded, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime

from streams.core.config import LaneConfig
from streams.core.dead_letters import dead_letter
from streams.core.engine_rows import (
    ENGINE_TABLE,
    NOW_KEY,
    floor_ms,
    look_key,
    look_row,
    now_row,
    parse_now,
)
from streams.core.logic import Refused, Timer
from streams.core.records import Output, Record, wire_bytes
from streams.core.rows import Rows
from streams.core.timers import TimerQueue


class NoTick(RuntimeError):
    """The time was asked for before the partition has seen its first tick."""


class BatchContext:
    """The `Context` of one batch. Implements `streams.core.logic.Context`."""

    def __init__(self, partition: int, rows: Rows, config: LaneConfig) -> None:
        self._partition = partition
        self._rows = rows
        self._config = config
        stored = rows.get(ENGINE_TABLE, NOW_KEY)
        self.tick = None if stored is None else parse_now(stored)
        self.tick_ms = None if self.tick is None else floor_ms(self.tick)
        self.timers = TimerQueue(rows)
        self.outputs: list[Output] = []
        self.requested: dict[str, None] = {}
        self.dead_letters = 0
        self._kept = (0, 0)  # outputs and dead letters at the savepoint
        self._requested_since: list[str] = []

    def savepoint(self) -> None:
        """Where `rollback` goes back to. There is one; a new one replaces it."""
        self._rows.savepoint()
        self._kept = (len(self.outputs), self.dead_letters)
        self._requested_since.clear()

    def rollback(self) -> None:
        """Undo rows, timers, looks, outputs and dead letters since the savepoint."""
        self._rows.rollback()
        self.timers.rolled_back()
        outputs, self.dead_letters = self._kept
        del self.outputs[outputs:]
        for ref in self._requested_since:
            del self.requested[ref]
        self._requested_since.clear()

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
            self.tick, self.tick_ms = moment, floor_ms(moment)
            self._rows.put(ENGINE_TABLE, NOW_KEY, now_row(moment))

    def get(self, table: str, key: str) -> bytes | None:
        return self._rows.get(table, key)

    def put(self, table: str, key: str, value: bytes) -> None:
        size = wire_bytes(key.encode(), value)
        if size > self._config.row_bytes_max:
            raise Refused("too_large_row", f"a row of {table} would have {size} bytes")
        self._rows.put(table, key, value)

    def delete(self, table: str, key: str) -> None:
        self._rows.delete(table, key)

    def set_timer(self, timer: Timer) -> None:
        self.timers.set(timer)

    def cancel_timer(self, timer: Timer) -> None:
        self.timers.cancel(timer)

    def request_look(self, ref: str) -> None:
        if ref not in self.requested:
            self._requested_since.append(ref)
            self.requested[ref] = None
        self._rows.put(ENGINE_TABLE, look_key(ref), look_row(ref))

    def emit(self, output: Output) -> None:
        size = wire_bytes(output.key, output.value, output.headers)
        if size > self._config.output_bytes_max:
            raise Refused("too_large_output", f"an output to {output.topic} has {size} bytes")
        self.outputs.append(output)

    def dead_letter(self, record: Record, reason: str, detail: str) -> None:
        self.dead_letters += 1
        topic = self._config.dead_letters_topic
        self.outputs.append(dead_letter(topic, record, reason, detail))
