"""When a lane folds, and how long it rests afterwards: so that few transactions carry much.

A transaction costs the log nearly the same whether it is small or large. Where folding costs
little, the lanes of a worker fold while no transaction is under way and share the next one. Where
it costs much they fold while the log is at work, and rest after each batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

from streams.core.config import LaneConfig
from streams.core.ports import Turns
from streams.core.slices import Slices

T = TypeVar("T")


class Pace:
    """Of one lane. Runs on its event loop."""

    def __init__(self, config: LaneConfig, turns: Turns | None, slices: Slices | None) -> None:
        """`turns` and `slices` are shared with the other lanes of the loop, where there are any."""
        self._config = config
        self._turns = turns
        self._slices = slices or Slices(config.slice_s)
        self._has_turn = False
        self._fold_s = 0.0

    async def enter(self, queued_records: int) -> None:
        """Before a batch is taken. Follow it with `leave` before the commit, or when there is none.

        Who has much to do does not wait: the next batch is large anyway.
        """
        if self._turns is not None and self._is_cheap and self._is_little(queued_records):
            await self._turns.enter()
            self._has_turn = True

    def leave(self) -> None:
        """Others wait for us no longer. Idempotent."""
        if self._turns is not None and self._has_turn:
            self._has_turn = False
            self._turns.leave()

    async def fold(self, steps: Generator[None, None, T]) -> T:
        """Fold. How long it took, slices of others in between included, says what it costs."""
        clock = asyncio.get_running_loop().time
        began = clock()
        folded = await self._slices.run(steps)
        self._fold_s = clock() - began
        return folded

    async def rest(self, batch_s: float, queued_records: int) -> None:
        """Let more arrive for the next transaction. After a quiet time nothing waits."""
        shares_anyway = self._turns is not None and self._is_cheap
        if self._is_little(queued_records) and not shares_anyway:
            rest_s = min(batch_s * self._config.rest_share, self._config.rest_s_max)
            if rest_s > 0:
                await asyncio.sleep(rest_s)

    @property
    def _is_cheap(self) -> bool:
        return self._fold_s < self._config.slice_s

    def _is_little(self, queued_records: int) -> bool:
        return queued_records < self._config.rest_below_records
