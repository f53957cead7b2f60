"""What handles records: a lane for each partition, and the pools. Registered once, opened often.

Life of an assignment: the steps of `streams.assignment` → `open` → (records) → `finish`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from faust.types import TP

from runtime import metrics
from streams.assignment import Assignment, Surroundings
from streams.core.budget import DeadLetterBudget
from streams.core.lane import Lane
from streams.core.logic import Logic
from streams.core.pool import Handler, Pool, PoolConfig
from streams.core.records import Chunk
from streams.core.slices import Slices
from streams.rocks import PartitionRows
from streams.topics import TICKS

#: How long the group waits for us in a rebalance, so how long lanes may take to stop. librdkafka
#: does not keep all limits it is given: a transaction was seen to wait for its positions for ever.
REBALANCE_TIMEOUT_S = 60.0


class NotStopped(Exception):
    """A lane's last batch does not end. The process must, so that others may take over."""


class Engine:
    """Everything runs on the event loop; what blocks runs in threads of its own."""

    def __init__(self, around: Surroundings, on_failed: Callable[[BaseException], None]) -> None:
        self._around = around
        self._on_failed = on_failed
        self._logic: Logic | None = None
        self._tables: list[str] = []
        self._lane_topics: list[str] = [TICKS]
        self._pools: dict[str, Pool] = {}
        self.assignment = Assignment(around)
        self.assignment.lane_topics = self._lane_topics
        self.pools_may_run = False
        self.lanes: dict[int, Lane] = {}
        self._slices = Slices(around.lane_config.slice_s)
        self.committable: dict[TP, int] = {}

    # -- what is registered before the start -------------------------------------------------

    def add_logic(self, topics: Iterable[str], tables: Iterable[str], logic: Logic) -> None:
        """Topics (plain names) whose records `logic` folds over `tables`, in the lane."""
        if self._logic is not None and self._logic is not logic:
            raise ValueError("all topics of a partition share one lane, so they share one logic")
        self._logic = logic
        self._lane_topics.extend(topic for topic in topics if topic not in self._lane_topics)
        self._tables += [table for table in tables if table not in self._tables]

    def add_pool(self, topic: str, handler: Handler, config: PoolConfig | None) -> None:
        """A topic whose records go to `handler`, beside each other but in order for each key."""
        self._pools[topic] = Pool(
            handler,
            self._around.publisher.deliver,
            on_committable=self._note_committable,
            on_failed=self._on_failed,
            config=config,
            budget=DeadLetterBudget(self._around.budget),
        )

    def _note_committable(self, topic: str, partition: int, next_offset: int) -> None:
        self.committable[TP(self._around.names.wire(topic), partition)] = next_offset

    # -- assignment --------------------------------------------------------------------------

    async def open(self, positions: Mapping[TP, int]) -> None:
        """Start a lane for each partition; each handles its first record after a fresh tick."""
        assignment = self.assignment
        assignment.still(epoch := assignment.epoch)
        plain = {
            (self._around.names.plain(tp.topic), tp.partition): at for tp, at in positions.items()
        }
        partitions = sorted({partition for topic, partition in plain if topic in self._lane_topics})
        for partition in partitions:
            self.lanes[partition] = self._start_lane(partition, plain)
        ticks = await self._around.ticker.tick(partitions)
        assignment.still(epoch)
        for partition, offset in ticks.items():
            self.lanes[partition].open_at(offset)

    def _start_lane(self, partition: int, positions: Mapping[tuple[str, int], int]) -> Lane:
        if self._logic is None:
            raise RuntimeError("no logic was registered")
        starts = {topic: positions[topic, partition] for topic in self._lane_topics}
        stores = {table: self._around.stores.rows(table, partition) for table in self._tables}
        lane = Lane(
            partition,
            self._logic,
            self.assignment.log.partition(partition, starts, _ends(stores)),
            stores,
            config=self._around.lane_config,
            budget=DeadLetterBudget(self._around.budget),
            turns=self.assignment.log.turns,
            slices=self._slices,
            on_failed=self._on_failed,
        )
        lane.start()
        for topic, position in starts.items():
            lane.offer(Chunk(topic, partition, (), position))
        return lane

    # -- records -----------------------------------------------------------------------------

    def accepts(self, tp: TP) -> bool:
        """Whether records of this topic and partition should be fetched now."""
        topic = self._around.names.plain(tp.topic)
        if topic in self._pools:
            return self.pools_may_run and not self._pools[topic].full(topic, tp.partition)
        lane = self.lanes.get(tp.partition)
        return lane is not None and (topic == TICKS or not lane.full)

    def offer(self, chunk: Chunk) -> None:
        """Hand a chunk (plain topic name) to its lane or pool."""
        metrics.EVENTS.labels(chunk.topic, "read").inc(len(chunk.records))
        pool = self._pools.get(chunk.topic)
        if pool is not None:
            pool.offer(chunk)
        else:
            self.lanes[chunk.partition].offer(chunk)

    async def committed_ends(self) -> dict[tuple[str, int], int]:
        """How far each topic (plain name) and partition of our lanes could be read now."""
        names = self._around.names
        asked = [(names.wire(topic), p) for p in self.lanes for topic in self._lane_topics]
        found = await self.assignment.off_loop(self._around.reader.committed_ends, asked)
        return {(names.plain(topic), p): end for (topic, p), end in found.items()}

    async def pool_commits(self) -> dict[tuple[str, int], tuple[int, int]]:
        """By topic (plain name) and partition: what the group has committed of what pools allow."""
        allowed = dict(self.committable)
        asked = [(tp.topic, tp.partition) for tp in allowed]
        found = await self.assignment.off_loop(self._around.reader.committed, asked)
        return {
            (self._around.names.plain(tp.topic), tp.partition): (
                found[tp.topic, tp.partition] or 0,
                allowed[tp],
            )
            for tp in allowed
        }

    # -- the end of an assignment ------------------------------------------------------------

    async def finish(self) -> None:
        """Finish the batches that run and let partitions go. Idempotent; pools keep their acks."""
        self.assignment.end()
        lanes, self.lanes = self.lanes, {}
        for lane in lanes.values():
            lane.drop()
        await self._stopped(lanes.values())
        await self.assignment.release()

    async def _stopped(self, lanes: Iterable[Lane]) -> None:
        """The process ends when they don't: the group has passed their partitions on by then."""
        try:
            async with asyncio.timeout(REBALANCE_TIMEOUT_S):
                await asyncio.gather(*(lane.stop() for lane in lanes))
        except TimeoutError:
            stuck = NotStopped(
                f"a batch did not end within {REBALANCE_TIMEOUT_S:.0f} s of a rebalance"
            )
            self._on_failed(stuck)
            raise stuck from None

    def drop_calls(self, sources: Iterable[TP]) -> None:
        """Forget what pools have of these partitions. Commit what is committable before."""
        for tp in sources:
            topic = self._around.names.plain(tp.topic)
            if topic in self._pools:
                self._pools[topic].drop(topic, tp.partition)
            self.committable.pop(tp, None)

    async def close(self) -> None:
        """The end of the process: after this the engine is of no use any more."""
        await self.finish()
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))
        await self.assignment.close()


def _ends(stores: Mapping[str, PartitionRows]) -> dict[str, int]:
    """By table, the changelog offset that its rows are restored up to, exclusive."""
    offsets = {table: rows.changelog_offset() for table, rows in stores.items()}
    return {table: 0 if offset is None else offset + 1 for table, offset in offsets.items()}
