"""What must be done before a partition's records may be handled, in this order.

Settle what former owners left open, restore the local rows up to the changelog's end, find where to
read on. A rebalance may begin at any moment: then each step raises `RebalanceAgain`, and `release`
undoes all.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from faust.tables.recovery import RebalanceAgain
from faust.types import TP

from runtime import metrics
from streams.core.budget import BudgetLimits
from streams.core.config import LaneConfig
from streams.fencing import settled_ends
from streams.group_reader import GroupReader
from streams.kafka_log import WorkerLog
from streams.membership import Membership
from streams.producer import TransactionalProducer
from streams.publisher import Publisher
from streams.restore import RestoreTask, forget_if_unusable, restore
from streams.standby import Standby
from streams.stores import LocalStores
from streams.ticker import Ticker
from streams.topics import TopicNames, changelog_table

T = TypeVar("T")

THREADS_MAX = 32


@dataclass(frozen=True)
class Surroundings:
    """What the engine is given: where the broker is, names, and the parts it works with."""

    bootstrap: str
    app_id: str
    process_name: str
    names: TopicNames
    stores: LocalStores
    publisher: Publisher
    ticker: Ticker
    reader: GroupReader
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    lane_config: LaneConfig = field(default_factory=LaneConfig)


class Assignment:
    """The partitions of this worker: its log, settled, and its restored rows. One event loop."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._restoring: asyncio.Future[int] | None = None
        self._stop_restore = threading.Event()
        self._executor = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="engine")
        self._assigned = False
        self.epoch = 0
        #: Plain names of the topics that lanes read: any of them may stand in a transaction.
        self.lane_topics: Sequence[str] = ()
        self.log = WorkerLog(
            around.app_id,
            TransactionalProducer(around.bootstrap, f"{around.app_id}-{around.process_name}"),
            around.reader,
            around.names,
            self._executor,
        )
        self.standby = Standby(
            around.bootstrap, around.app_id, around.stores.apart(), around.reader, self._executor
        )

    def begin(self, member: Membership) -> None:
        """Partitions were assigned to this member: the steps of an assignment may be taken.

        Not if the group has forgotten us meanwhile: then another assignment follows.
        """
        self.epoch += 1
        self._assigned = member.stands
        if member.stands:
            self.log.owned_as(member)
        metrics.REBALANCES.inc()

    def end(self) -> None:
        """Partitions are revoked: no further step of the assignment may be taken."""
        self._assigned = False
        self.standby.stop()

    def still(self, epoch: int) -> None:
        """Raises when what was begun in `epoch` is no longer wanted: everything was revoked."""
        if not self._assigned or epoch != self.epoch:
            raise RebalanceAgain

    async def settle_and_find_ends(self, changelogs: set[TP]) -> dict[TP, int]:
        """Wait until nothing of former owners is open, then give the changelogs' ends."""
        self.still(epoch := self.epoch)
        await self.log.init()
        around = self._around
        partitions = {tp.partition for tp in changelogs}
        found = await self.off_loop(
            settled_ends,
            around.bootstrap,
            around.reader,
            [(around.names.wire(topic), p) for topic in self.lane_topics for p in partitions],
            [(tp.topic, tp.partition) for tp in changelogs],
            self.log.transactional_id,
            lambda: self._assigned and epoch == self.epoch,
        )
        self.still(epoch)
        return {TP(topic, partition): end for (topic, partition), end in found.items()}

    async def forget_if_unusable(self, changelog: TP, end: int) -> bool:
        """Throw local rows away that the changelog can't bring up to date; tells whether it did."""
        rows = self._around.stores.rows(self._table(changelog), changelog.partition)
        return forget_if_unusable(rows, changelog, end)

    def _table(self, changelog: TP) -> str:
        return changelog_table(self._around.app_id, changelog.topic)

    async def restore(self, ends: Mapping[TP, int]) -> None:
        """Bring the local rows up to the changelogs' ends. A cancelled restore stops soon."""
        self.still(epoch := self.epoch)
        await self._end_restore()
        self.still(epoch)
        tasks = []
        for tp, end in ends.items():
            table = self._table(tp)
            rows = self._around.stores.rows(table, tp.partition)
            offset = rows.changelog_offset()
            first = 0 if offset is None else offset + 1
            tasks.append(RestoreTask(table, tp.topic, tp.partition, rows, first, end))
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
        self.still(epoch)

    async def _end_restore(self) -> None:
        self._stop_restore.set()
        if self._restoring is not None:
            await asyncio.wait({self._restoring})
            self._restoring = None

    async def start_positions(self, sources: set[TP]) -> dict[TP, int]:
        """Where to read on: the committed offset, or the start of the log."""
        positions = [(tp.topic, tp.partition) for tp in sources]
        committed = await self.off_loop(self._around.reader.committed, positions)
        fresh = [position for position, offset in committed.items() if offset is None]
        starts = await self.off_loop(self._around.reader.start_offsets, fresh)
        return {
            TP(topic, partition): starts[topic, partition] if offset is None else offset
            for (topic, partition), offset in committed.items()
        }

    def follow(self, changelogs: Iterable[TP]) -> None:
        """The last step: keep copies of partitions that others own. Nobody waits for them."""
        self.still(self.epoch)
        self.standby.follow(changelogs)

    async def release(self) -> None:
        """Let everything go; wait for what still runs in threads. Idempotent.

        Also the standby: its stores are closed before anything of theirs can be assigned here.
        """
        self.end()
        await self._end_restore()
        await self.standby.stopped()
        await self.log.settle()
        self._around.stores.close()

    async def close(self) -> None:
        """The end of the process."""
        await self.release()
        await self.log.close()
        await self.off_loop(self._around.reader.close)
        await self.off_loop(self._around.publisher.close)
        self._executor.shutdown(wait=False)

    async def off_loop(self, call: Callable[..., T], *arguments: object) -> T:
        """Run what blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *arguments)
