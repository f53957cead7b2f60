"""Folding a batch: (records, rows, looks) -> (changed rows, outputs), synchronous and pure.

Order within a batch: timers already due, then the records as they came, each followed by the timers
it made due (a tick's before the next record), then the looks that are ready. Where a batch is cut
makes no difference to what records and timers do. The same batch on the same rows: the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from streams.core.config import LaneConfig
from streams.core.context import BatchContext
from streams.core.engine_rows import (
    ENGINE_TABLE,
    IN_A_ROW_KEY,
    TIMERS_TABLE,
    BadTick,
    applied_key,
    applied_offset,
    applied_row,
    in_a_row_of,
    in_a_row_row,
    look_key,
    look_row,
    parse_now,
    timer_row,
)
from streams.core.logic import Context, Logic, Look, Refused
from streams.core.records import Chunk, Output, Record
from streams.core.rows import Rows

T = TypeVar("T")

_PREFETCH_RECORDS = 500


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What a batch did. `rest` and `more_due`: due timers beyond the limit come first next time."""

    outputs: tuple[Output, ...]
    changes: dict[str, dict[bytes, bytes | None]]
    positions: dict[str, int]
    rest: tuple[Chunk, ...] = ()
    more_due: bool = False
    requested_looks: tuple[str, ...] = ()
    decided_looks: tuple[str, ...] = ()
    now: datetime | None = None
    next_due: datetime | None = None
    dead: tuple[bool, ...] = field(default=(), repr=False)
    """For each record given to the logic: whether it ended as a dead letter."""


def fold(
    logic: Logic,
    batch: Sequence[Chunk],
    rows: Rows,
    *,
    partition: int,
    looks: Sequence[Look] = (),
    config: LaneConfig | None = None,
) -> FoldResult:
    """Fold the whole batch at once. What the logic raises, this raises; nothing is written."""
    steps = folding(logic, batch, rows, partition=partition, looks=looks, config=config)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: FoldResult = end.value
            return result


def folding(
    logic: Logic,
    batch: Sequence[Chunk],
    rows: Rows,
    *,
    partition: int,
    looks: Sequence[Look] = (),
    config: LaneConfig | None = None,
) -> Generator[None, None, FoldResult]:
    """The same, step by step: yields after each record, timer and look, so that it can pause."""
    return _Folding(logic, batch, rows, partition, looks, config or LaneConfig()).run()


class _Folding:
    def __init__(
        self,
        logic: Logic,
        batch: Sequence[Chunk],
        rows: Rows,
        partition: int,
        looks: Sequence[Look],
        config: LaneConfig,
    ) -> None:
        self._logic = logic
        self._batch = batch
        self._rows = rows
        self._looks = looks
        self._config = config
        self._ctx = BatchContext(partition, rows, config)
        self._timers_left = config.timers_per_batch_max
        self._applied: dict[str, int] = {}
        self._positions: dict[str, int] = {}
        self._touched: dict[str, None] = {}
        self._dead: list[bool] = []

    def run(self) -> Generator[None, None, FoldResult]:
        yield from self._prefetch()
        yield from self._fire()
        rest = yield from self._records()
        decided = yield from self._decide()
        yield from self._fire()
        return self._result(rest, decided)

    def _prefetch(self) -> Generator[None]:
        records = [
            record
            for chunk in self._batch
            if chunk.topic != self._config.ticks_topic
            for record in chunk.records
        ]
        for start in range(0, len(records), _PREFETCH_RECORDS):
            block = records[start : start + _PREFETCH_RECORDS]
            self._rows.prefetch(row for record in block for row in self._logic.rows_of(record))
            yield

    def _records(self) -> Generator[None, None, tuple[Chunk, ...]]:
        """Handle records until the batch ends or due timers are over the limit; give the rest."""
        for index, chunk in enumerate(self._batch):
            for done, record in enumerate(chunk.records):
                if self._is_due():
                    if done:
                        self._move(chunk.topic, chunk.records[done - 1].offset + 1)
                    return (_after(chunk, done), *self._batch[index + 1 :])
                self._record(record)
                yield
                if self._is_due():
                    yield from self._fire()
            self._move(chunk.topic, chunk.next_offset)
        return ()

    def _record(self, record: Record) -> None:
        topic = record.topic
        if record.offset >= self._standing(topic):
            self._touched[topic] = None
            if topic == self._config.ticks_topic:
                self._tick(record)
            else:
                before = self._ctx.dead_letters
                self._or_dead(record, self._logic.on_record, record)
                self._dead.append(self._ctx.dead_letters > before)

    def _or_dead(self, cause: Record, handle: Callable[[T, Context], None], what: T) -> None:
        """Do it all, or have `cause` as a dead letter and nothing else."""
        self._ctx.savepoint()
        try:
            handle(what, self._ctx)
        except Refused as refused:
            self._ctx.rollback()
            self._ctx.dead_letter(cause, refused.reason, refused.detail)

    def _tick(self, record: Record) -> None:
        try:
            moment = parse_now(record.value)
        except BadTick as error:
            self._ctx.dead_letter(record, "bad_tick", str(error))
        else:
            self._ctx.advance(moment)

    def _fire(self) -> Generator[None]:
        while self._timers_left and self._is_due():
            self._timers_left -= 1
            timer = self._ctx.timers.pop()
            cause = self._own(TIMERS_TABLE, timer.timer_id, timer_row(timer))
            self._or_dead(cause, self._logic.on_timer, timer)
            yield

    def _decide(self) -> Generator[None, None, tuple[str, ...]]:
        decided = []
        for look in self._looks:
            if look.ref in self._ctx.requested:
                continue  # asked for again in this batch: its end offsets are no longer the ones
            self._rows.delete(ENGINE_TABLE, look_key(look.ref))
            decided.append(look.ref)
            cause = self._own(ENGINE_TABLE, look_key(look.ref), look_row(look.ref))
            self._or_dead(cause, self._logic.on_look, look)
            yield
        return tuple(decided)

    def _own(self, table: str, key: str, row: bytes) -> Record:
        """A row of ours as the record it would be, to stand in a dead letter."""
        return Record(table, self._ctx.partition, 0, key.encode(), row)

    def _is_due(self) -> bool:
        ctx = self._ctx
        return ctx.tick_ms is not None and ctx.timers.is_due(ctx.tick_ms)

    def _applied_of(self, topic: str) -> int:
        if topic not in self._applied:
            row = self._rows.get(ENGINE_TABLE, applied_key(topic))
            self._applied[topic] = 0 if row is None else applied_offset(row)
        return self._applied[topic]

    def _standing(self, topic: str) -> int:
        """What lies before was folded, by this batch or an earlier one."""
        return self._positions.get(topic) or self._applied_of(topic)

    def _move(self, topic: str, next_offset: int) -> None:
        self._positions[topic] = max(self._standing(topic), next_offset)

    def _count_dead_letters(self) -> None:
        if not self._dead:
            return
        before = in_a_row_of(self._rows.get(ENGINE_TABLE, IN_A_ROW_KEY))
        trailing = next(
            (n for n, dead in enumerate(reversed(self._dead)) if not dead), before + len(self._dead)
        )
        if trailing != before:
            self._rows.put(ENGINE_TABLE, IN_A_ROW_KEY, in_a_row_row(trailing))

    def _result(self, rest: tuple[Chunk, ...], decided: tuple[str, ...]) -> FoldResult:
        self._count_dead_letters()
        for topic in self._touched:
            row = applied_row(self._positions[topic])
            self._rows.put(ENGINE_TABLE, applied_key(topic), row)
        return FoldResult(
            outputs=tuple(self._ctx.outputs),
            changes=self._rows.changes(),
            positions=self._positions,
            rest=rest,
            more_due=self._is_due(),
            requested_looks=tuple(self._ctx.requested),
            decided_looks=decided,
            now=self._ctx.tick,
            next_due=self._ctx.timers.next_due(),
            dead=tuple(self._dead),
        )


def _after(chunk: Chunk, done: int) -> Chunk:
    return Chunk(chunk.topic, chunk.partition, chunk.records[done:], chunk.next_offset)
