"""What this worker owns: for each partition its fenced log, its rows and its lane; and the pools.

Life of an assignment: `fence_and_find_ends` → `restore` → `start_positions` → `open` → (records)
→ `finish`. A rebalance may begin at any step; `finish` is right after each of them.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from faust.tables.recovery import RebalanceAgain
from faust.types import TP

from runtime import metrics
from streams.core.budget import BudgetLimits, DeadLetterBudget
from streams.core.config import LaneConfig
from streams.core.lane import Lane
from streams.core.logic import Logic
from streams.core.pool import Handler, Pool, PoolConfig
from streams.core.records import Chunk
from streams.group_reader import GroupReader
from streams.kafka_log import PartitionLog
from streams.producer import TransactionalProducer
from streams.publisher import Publisher
from streams.restore import RestoreTask, restore
from streams.stores import LocalStores
from streams.ticker import Ticker
from streams.topics import TICKS, TOMBSTONE_RETENTION_MS, TopicNames, changelog_topic

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A local store older than this may have missed deletions that the changelog no longer shows.
LOCAL_AGE_MAX_S = TOMBSTONE_RETENTION_MS / 1000 / 2
THREADS_MAX = 32


@dataclass(frozen=True)
class Surroundings:
    """What the engine is given: where the broker is, names, and the parts it works with."""

    bootstrap: str
    app_id: str
    names: TopicNames
    stores: LocalStores
    publisher: Publisher
    ticker: Ticker
    reader: GroupReader
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    lane_config: LaneConfig = field(default_factory=LaneConfig)


class Engine:
    """Everything runs on the event loop; what blocks runs in threads of its own."""

    def __init__(self, around: Surroundings, on_failed: Callable[[BaseException], None]) -> None:
        self._around = around
        self._on_failed = on_failed
        self._logic: Logic | None = None
        self._tables: list[str] = []
        self._lane_topics: list[str] = [TICKS]
        self._pools: dict[str, Pool] = {}
        self._logs: dict[int, PartitionLog] = {}
        self._producers: list[TransactionalProducer] = []
        self._restoring: asyncio.Future[int] | None = None
        self._stop_restore = threading.Event()
        self._executor = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="engine")
        self._epoch = 0
        self._assigned = False
        self.pools_may_run = False
        self.lanes: dict[int, Lane] = {}
        self.committable: dict[TP, int] = {}

    # -- what is registered before the start -------------------------------------------------

    def add_logic(self, topics: Iterable[str], tables: Iterable[str], logic: Logic) -> None:
        """Topics (plain names) whose records `logic` folds over `tables`, in the lane."""
        if self._logic is not None and self._logic is not logic:
            raise ValueError("all topics of a partition share one lane, so they share one logic")
        self._logic = logic
        self._lane_topics += [topic for topic in topics if topic not in self._lane_topics]
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

    def begin_assignment(self) -> None:
        """Partitions were assigned: the steps of an assignment may be taken."""
        self._epoch += 1
        self._assigned = True
        metrics.REBALANCES.inc()

    def _still(self, epoch: int) -> None:
        """Raises when what was begun in `epoch` is no longer wanted: everything was revoked."""
        if not self._assigned or epoch != self._epoch:
            raise RebalanceAgain

    async def fence_and_find_ends(self, changelogs: set[TP]) -> dict[TP, int]:
        """Fence the predecessors of all these partitions, then give the changelogs' ends."""
        self._still(epoch := self._epoch)
        await self._fence({tp.partition for tp in changelogs})
        ends: dict[TP, int] = {}
        for partition in sorted({tp.partition for tp in changelogs}):
            topics = [tp.topic for tp in changelogs if tp.partition == partition]
            found = await self._off_loop(self._around.reader.end_offsets, topics, partition)
            ends |= {TP(topic, partition): end for topic, end in found.items()}
        self._still(epoch)
        return ends

    async def _fence(self, partitions: set[int]) -> None:
        around = self._around
        for partition in sorted(partitions - self._logs.keys()):
            producer = TransactionalProducer(around.bootstrap, f"{around.app_id}-{partition}")
            self._producers.append(producer)
            self._logs[partition] = PartitionLog(
                around.app_id, partition, producer, around.reader, around.names, self._executor
            )
        await asyncio.gather(*(self._logs[partition].init() for partition in sorted(partitions)))

    async def forget_if_unusable(self, changelog: TP, end: int) -> bool:
        """Throw local rows away that the changelog can't bring up to date; tells whether it did."""
        rows = self._around.stores.rows(self._table_of(changelog.topic), changelog.partition)
        offset = rows.changelog_offset()
        if offset is None:
            return False
        if offset < end and rows.age_s() <= LOCAL_AGE_MAX_S:
            return False
        logger.warning("local rows of %s are not of this changelog's past: restoring", changelog)
        rows.clear()
        return True

    def _table_of(self, changelog: str) -> str:
        app_id = self._around.app_id
        return next(t for t in self._tables if changelog_topic(app_id, t) == changelog)

    async def restore(self, ends: Mapping[TP, int]) -> None:
        """Bring the local rows up to the changelogs' ends. A cancelled restore stops soon."""
        self._still(epoch := self._epoch)
        await self._end_restore()
        self._still(epoch)
        tasks = []
        for tp, end in ends.items():
            rows = self._around.stores.rows(self._table_of(tp.topic), tp.partition)
            offset = rows.changelog_offset()
            first = 0 if offset is None else offset + 1
            tasks.append(RestoreTask(tp.topic, tp.partition, rows, first, end))
        stop = self._stop_restore = threading.Event()
        group = f"{self._around.app_id}-restore"
        self._restoring = asyncio.get_running_loop().run_in_executor(
            self._executor, restore, self._around.bootstrap, group, tasks, stop
        )
        try:
            await asyncio.shield(self._restoring)
        except asyncio.CancelledError:
            stop.set()
            raise
        self._still(epoch)

    async def _end_restore(self) -> None:
        self._stop_restore.set()
        if self._restoring is not None:
            await asyncio.wait({self._restoring})
            self._restoring = None

    async def start_positions(self, sources: set[TP]) -> dict[TP, int]:
        """Where to read on: the committed offset, or the start of the log."""
        positions = [(tp.topic, tp.partition) for tp in sources]
        committed = await self._off_loop(self._around.reader.committed, positions)
        fresh = [position for position, offset in committed.items() if offset is None]
        starts = await self._off_loop(self._around.reader.start_offsets, fresh)
        return {
            TP(topic, partition): starts[topic, partition] if offset is None else offset
            for (topic, partition), offset in committed.items()
        }

    async def open(self, positions: Mapping[TP, int]) -> None:
        """Start a lane for each partition; each handles its first record after a fresh tick."""
        self._still(epoch := self._epoch)
        plain = {
            (self._around.names.plain(tp.topic), tp.partition): at for tp, at in positions.items()
        }
        partitions = sorted({partition for topic, partition in plain if topic in self._lane_topics})
        for partition in partitions:
            self.lanes[partition] = self._start_lane(partition, plain)
        ticks = await self._around.ticker.tick(partitions)
        self._still(epoch)
        for partition, offset in ticks.items():
            self.lanes[partition].open_at(offset)

    def _start_lane(self, partition: int, positions: Mapping[tuple[str, int], int]) -> Lane:
        if self._logic is None:
            raise RuntimeError("no logic was registered")
        lane = Lane(
            partition,
            self._logic,
            self._logs[partition],
            {table: self._around.stores.rows(table, partition) for table in self._tables},
            config=self._around.lane_config,
            budget=DeadLetterBudget(self._around.budget),
            on_failed=self._on_failed,
        )
        lane.start()
        for topic in self._lane_topics:
            lane.offer(Chunk(topic, partition, (), positions[topic, partition]))
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
        found = await self._off_loop(self._around.reader.committed_ends, asked)
        return {(names.plain(topic), p): end for (topic, p), end in found.items()}

    # -- the end of an assignment ------------------------------------------------------------

    async def finish(self) -> None:
        """Finish the batches that run and let partitions go. Idempotent; pools keep their acks."""
        self._assigned = False
        await self._end_restore()
        lanes, self.lanes = self.lanes, {}
        for lane in lanes.values():
            lane.drop()
        await asyncio.gather(*(lane.stop() for lane in lanes.values()))
        logs, self._logs = self._logs, {}
        await asyncio.gather(*(log.settle() for log in logs.values()))
        producers, self._producers = self._producers, []
        await asyncio.gather(*(self._off_loop(producer.close) for producer in producers))
        self._around.stores.close()

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
        await self._off_loop(self._around.reader.close)
        await self._off_loop(self._around.publisher.close)
        self._executor.shutdown(wait=False)

    async def _off_loop(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *arguments)
