"""Faust's table recovery with two steps replaced: settle before the end is read, restore in bulk.

Private names of faust-streaming 0.15.3 are overridden here; tests/integration/engine compares the
hashes of their sources, so that an upgrade can't pass unseen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import Recovery as FaustRecovery
from faust.types import TP
from faust.types.tables import CollectionT

if TYPE_CHECKING:
    from streams.app import DunnockApp


class Recovery(FaustRecovery):
    """Recovery of the active partitions: Faust's is never told of standby partitions.

    Its assignor assigns them; `streams.standby` follows them, once the active ones are open.
    """

    def add_standby(self, table: CollectionT, tp: TP) -> None:
        """Not here: Faust would open its store, seek and read it, and wait for its end."""

    async def _build_highwaters(
        self, consumer: Any, tps: set[TP], destination: Counter[TP], title: str
    ) -> None:
        """Settle what predecessors left open, then ask where the changelogs end.

        In this order, because a predecessor that is still alive could go on writing behind the
        end that we read. Faust counts in offsets of the last record, so the end is one less.
        """
        tps = set(tps)
        assignment = cast("DunnockApp", self.app).engine.assignment
        ends = await assignment.settle_and_find_ends(tps)
        for tp, end in ends.items():
            if await assignment.forget_if_unusable(tp, end):
                self.active_offsets[tp] = None  # type: ignore[assignment] # as Faust's own `_add`
        destination.clear()
        destination.update({tp: end - 1 for tp, end in ends.items()})

    async def _seek_offsets(
        self, consumer: Any, tps: set[TP], offsets: Counter[TP], title: str
    ) -> None:
        """Restore in bulk instead of seeking: afterwards nothing is left for Faust to read."""
        ends = {tp: self.active_highwaters[tp] + 1 for tp in set(tps)}
        await cast("DunnockApp", self.app).engine.assignment.restore(ends)
        for tp, end in ends.items():
            offsets[tp] = end - 1

    async def _wait(self, coro: Any, timeout: Any = None) -> None:
        """Without Faust's limit of 90 s, which would cut a long restore and call it done.

        Everything waited for here has limits of its own; a new rebalance still ends the wait.
        """
        await super()._wait(coro, timeout=None)


class TableManager(FaustTableManager):
    """Faust's table manager with our recovery."""

    async def on_start(self) -> None:
        """Without Faust's pause of a second: our tables are registered before the app starts."""
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return cast(Recovery, self._recovery)
