"""Commits of several lanes in one transaction: what waits while one runs shares the next.

A transaction costs the log nearly the same whether it holds one partition's batch or ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from streams.core.ports import Changes
from streams.core.records import Output


@dataclass(frozen=True, slots=True)
class Batch:
    """What one lane's batch writes: see `streams.core.ports.Log.commit`."""

    partition: int
    outputs: Sequence[Output]
    changes: Mapping[str, Changes]
    offsets: Mapping[str, int]


Transact = Callable[[Sequence[Batch]], Awaitable[Sequence[dict[str, int]]]]
"""One transaction for all these batches; gives, for each, the changelog offsets of its tables."""


class GroupCommit:
    """One transaction at a time, all or nothing for everybody in it. Runs on one event loop.

    There is at most one batch of each partition here, for a lane waits for its commit. Lanes may
    take turns: who has entered, the next transaction waits for.
    """

    def __init__(self, transact: Transact) -> None:
        self._transact = transact
        self._waiting: list[tuple[Batch, asyncio.Future[dict[str, int]]]] = []
        self._outside: list[asyncio.Future[None]] = []
        self._inside = 0
        self._in_flight = False
        self._running: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Wait until no transaction is under way. The next one begins after our `leave`."""
        if self._in_flight:
            let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._outside.append(let_in)
            try:
                await let_in
            except asyncio.CancelledError:
                if let_in.done() and not let_in.cancelled():
                    self.leave()
                raise
        else:
            self._inside += 1

    def leave(self) -> None:
        """We commit now, before anything is awaited, or not at all: nobody waits for us longer."""
        self._inside -= 1
        self._begin()

    async def commit(self, batch: Batch) -> dict[str, int]:
        """The changelog offset of the last record of each table. Raises what the log raises.

        An abort befalls everybody in the transaction: all of them may be run again.
        """
        committed: asyncio.Future[dict[str, int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, committed))
        self._begin()
        return await committed

    async def settle(self) -> None:
        """Wait until no transaction runs and nobody waits for one."""
        while self._running is not None and not self._running.done():
            await asyncio.wait({self._running})

    def _begin(self) -> None:
        if self._waiting and not self._inside and (self._running is None or self._running.done()):
            self._running = asyncio.create_task(self._run(), name="group-commit")

    async def _run(self) -> None:
        # Whoever was let in when the last one ended may still be on its way to here.
        while self._waiting and not self._inside:
            together, self._waiting = self._waiting, []
            self._in_flight = True
            try:
                ends = await self._transact([batch for batch, _ in together])
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
                for _, committed in together:
                    if not committed.done():
                        committed.set_exception(error)
            else:
                for (_, committed), of_batch in zip(together, ends, strict=True):
                    if not committed.done():
                        committed.set_result(of_batch)
            self._in_flight = False
            self._let_in()
            await asyncio.sleep(0)  # those who have just been answered may enter as well

    def _let_in(self) -> None:
        outside, self._outside = self._outside, []
        for let_in in outside:
            if not let_in.done():
                self._inside += 1
                let_in.set_result(None)
