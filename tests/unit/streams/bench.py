"""A lane on a log that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from streams.core.budget import BudgetLimits, DeadLetterBudget
from streams.core.config import LaneConfig
from streams.core.lane import Lane
from streams.core.ports import BatchAborted, Changes
from streams.core.records import Chunk, Output
from tests.unit.streams.toy import T0, Toy, tables, tick


async def settle() -> None:
    """Let everything go as far as it can without time passing, however busy the machine is."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so, at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what a test waits for has no event
            await asyncio.sleep(0.001)


class Recording:
    """A log of one partition that remembers its commits and answers what the test says."""

    def __init__(self) -> None:
        self.commits: list[tuple[Sequence[Output], Mapping[str, Changes], dict[str, int]]] = []
        self.ends = {"payments": 0, "invoices": 0, "customers": 0, "interactions": 0}
        self.asked: list[int] = []  # how many commits there were at each question
        self.aborts = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        self.asked.append(len(self.commits))
        return {topic: self.ends[topic] for topic in topics}

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        await self.gate.wait()
        if self.aborts:
            self.aborts -= 1
            raise BatchAborted
        if self.error is not None:
            raise self.error
        self.commits.append((outputs, changes, dict(offsets)))
        return dict.fromkeys(changes, len(self.commits))


class Bench:
    """A lane with everything around it."""

    def __init__(self, config: LaneConfig | None = None) -> None:
        self.toy, self.log, self.stores = Toy(), Recording(), tables()
        self.applied: list[tuple[str, int]] = []
        self.errors: list[BaseException] = []
        self.config = config
        self.budget = DeadLetterBudget(BudgetLimits(in_a_row_max=3))
        self.lane = self.new_lane()

    def new_lane(self) -> Lane:
        return Lane(
            0,
            self.toy,
            self.log,
            self.stores,
            config=self.config,
            budget=self.budget,
            on_applied=lambda topic, offset: self.applied.append((topic, offset)),
            on_failed=self.errors.append,
        )

    async def opened(self) -> Bench:
        self.lane.start()
        self.lane.open_at(0)
        await self.offer(tick(0, T0))
        self.applied.clear()
        self.log.commits.clear()
        return self

    async def offer(self, *chunks: Chunk) -> None:
        for each in chunks:
            self.lane.offer(each)
        await asyncio.wait_for(self.lane.wait_idle(), 5)
