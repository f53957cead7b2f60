"""A lane: everything of one partition, one batch after the other.

A batch is folded over the rows, committed in one transaction, written to the stores, and only
then do positions move and the caller hears of it. What the lane can't finish it doesn't ack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from streams.core.budget import DeadLetterBudget
from streams.core.chunk_queue import ChunkQueue, oldest_timestamp_ms
from streams.core.config import LaneConfig
from streams.core.end_offsets import EndOffsetQuestion
from streams.core.engine_rows import (
    ENGINE_TABLE,
    IN_A_ROW_KEY,
    NOW_KEY,
    in_a_row_of,
    parse_now,
)
from streams.core.fold import FoldResult, folding
from streams.core.logic import Logic, Look
from streams.core.looks import PendingLooks
from streams.core.pace import Pace
from streams.core.ports import BatchAborted, Log, Store, Turns
from streams.core.positions import Positions, only_moves
from streams.core.records import Chunk
from streams.core.rows import Rows
from streams.core.slices import Slices
from streams.core.status import LaneStatus
from streams.core.timers import TimerQueue

__all__ = ["Lane", "LaneStatus"]


class Lane:
    """One partition's records, timers and looks, in order. Everything runs on one event loop.

    Offer every topic an empty chunk with the reader's position when the partition is assigned:
    looks are decided by positions, and a topic without news would otherwise never have one.
    `on_applied(topic, next_offset)` is called after the commit and after the stores.
    """

    def __init__(
        self,
        partition: int,
        logic: Logic,
        log: Log,
        stores: Mapping[str, Store],
        *,
        config: LaneConfig | None = None,
        budget: DeadLetterBudget | None = None,
        turns: Turns | None = None,
        slices: Slices | None = None,
        on_applied: Callable[[str, int], None] | None = None,
        on_failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.partition = partition
        self._logic = logic
        self._log = log
        self._stores = stores
        self._config = config or LaneConfig()
        self._pace = Pace(self._config, turns, slices)
        self._budget = budget or DeadLetterBudget()
        self._on_applied = on_applied
        self._on_failed = on_failed
        self._queue = ChunkQueue(self._config.ticks_topic)
        self._positions, self._looks = Positions(), PendingLooks(self._config.look_topics)
        self._open_offset: int | None = None
        self._is_open = False
        self._now: datetime | None = None
        self._next_due: datetime | None = None
        self._more_due = False
        self._running: tuple[Chunk, ...] = ()
        self._drops = 0
        self._stopping = False
        self._wake = asyncio.Event()
        self._question = EndOffsetQuestion(log, self._looks, self._wake.set)
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failure: BaseException | None = None
        """Why the lane ended by itself; None while it runs or when it was stopped."""

    # -- what the consumer side calls ------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        """Read now, timers and looks from the stores and begin. Once, after recovery."""
        own = self._stores[ENGINE_TABLE]
        self._now = None if (stored := own.get(NOW_KEY.encode())) is None else parse_now(stored)
        self._next_due = TimerQueue(Rows(self._stores)).next_due()
        self._looks.load(own)
        self._budget.resume(in_a_row_of(own.get(IN_A_ROW_KEY.encode())))
        self._task = asyncio.create_task(self._guard(), name=f"lane-{self.partition}")
        return self._task

    def open_at(self, tick_offset: int) -> None:
        """Handle more than ticks once the tick at this offset or a later one has been applied."""
        self._open_offset = tick_offset
        self._open_if_due()
        self._idle.clear()
        self._wake.set()

    def offer(self, chunk: Chunk) -> None:
        """Queue a chunk. Look at `full` before you fetch more; ticks may always be offered."""
        if chunk.partition != self.partition:
            raise ValueError(f"chunk of partition {chunk.partition} in lane {self.partition}")
        self._queue.append(chunk)
        self._idle.clear()
        self._wake.set()

    @property
    def full(self) -> bool:
        """Whether nothing but ticks should be offered now."""
        return self._queue.records >= self._config.queued_records_max

    def drop(self) -> None:
        """Forget what waits: the partition was revoked or the reader went elsewhere."""
        self._drops += 1
        self._queue.clear()

    async def stop(self) -> None:
        """Finish the batch that runs, then end. What still waits is not handled."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def wait_idle(self) -> None:
        """Until nothing can be done without new input, or the lane has failed."""
        await self._idle.wait()

    def status(self) -> LaneStatus:
        return LaneStatus(
            now=self._now,
            next_due=self._next_due,
            applied=dict(self._positions.applied),
            pending_looks=len(self._looks),
            oldest_unprocessed_ms=oldest_timestamp_ms((*self._running, *self._queue)),
            queued_records=self._queue.records,
            is_open=self._is_open,
            is_idle=self._idle.is_set(),
        )

    # -- the loop --------------------------------------------------------------------------

    async def _guard(self) -> None:
        """On any failure nothing more is acked and `on_failed` hears of it."""
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must hear of it
            self.failure = error
            if self._on_failed is not None:
                self._on_failed(error)
        finally:
            self._pace.leave()
            await self._question.forget()
            self._idle.set()

    async def _run(self) -> None:
        while True:
            self._question.move_on()
            await self._pace.enter(self._queue.records)
            if self._stopping:
                return
            batch, looks = self._take()
            if batch or looks or self._more_due:
                batch_s = await self._run_batch(batch, looks)
                self._question.move_on()  # the log answers while the lane rests
                if not self._more_due:
                    await self._pace.rest(batch_s, self._queue.records)
            else:
                await self._wait()

    async def _wait(self) -> None:
        self._pace.leave()
        if not self._question.is_open:
            self._idle.set()
        self._wake.clear()
        await self._wake.wait()

    def _take(self) -> tuple[tuple[Chunk, ...], tuple[Look, ...]]:
        config = self._config
        if not self._is_open:
            return self._queue.take_ticks(config.batch_records_max), ()
        looks = self._looks.ready(self._positions.applied, config.looks_per_batch_max)
        return self._queue.take(config.batch_records_max), looks

    async def _run_batch(self, batch: tuple[Chunk, ...], looks: tuple[Look, ...]) -> float:
        """Gives the seconds it took, 0 where there was nothing to commit."""
        if only_moves(batch) and not looks and not self._more_due:
            self._pace.leave()
            self._move({chunk.topic: chunk.next_offset for chunk in batch})
            return 0.0
        clock = asyncio.get_running_loop().time  # to share the machine fairly, never `now`
        began = clock()
        self._running, drops = batch, self._drops
        result = await self._commit(batch, looks)
        self._running = ()
        if drops == self._drops:
            self._queue.put_back(result.rest)
        self._now, self._next_due = result.now, result.next_due
        self._more_due = result.more_due
        self._looks.decided(result.decided_looks)
        self._looks.request(result.requested_looks)
        self._move(result.positions)
        return clock() - began

    async def _commit(self, batch: tuple[Chunk, ...], looks: tuple[Look, ...]) -> FoldResult:
        """Fold and commit, again from the stores when the transaction was aborted."""
        for rerun in range(self._config.reruns_max + 1):
            result = await self._fold(batch, looks)
            self._budget.check(result.dead)
            offsets = self._positions.uncommitted(result.positions)
            self._pace.leave()
            try:
                ends = await self._log.commit(result.outputs, result.changes, offsets)
            except BatchAborted:
                if rerun == self._config.reruns_max:
                    raise
                continue
            # No await from here on: nobody sees some tables with the batch and some without.
            for table, rows in result.changes.items():
                self._stores[table].commit_rows(rows, ends[table])
            self._positions.committed(offsets)
            self._budget.add(result.dead)
            return result
        raise AssertionError("unreachable: the last rerun returns or raises")

    async def _fold(self, batch: tuple[Chunk, ...], looks: tuple[Look, ...]) -> FoldResult:
        rows, where = Rows(self._stores), self.partition
        return await self._pace.fold(
            folding(self._logic, batch, rows, partition=where, looks=looks, config=self._config)
        )

    def _move(self, positions: Mapping[str, int]) -> None:
        for topic, offset in self._positions.advance(positions).items():
            if self._on_applied is not None:
                self._on_applied(topic, offset)
        self._open_if_due()

    def _open_if_due(self) -> None:
        if self._open_offset is not None and self._now is not None:
            self._is_open |= self._positions.of(self._config.ticks_topic) > self._open_offset
