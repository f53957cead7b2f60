"""Faust's consumer with another data path: lists of raw records, delivered by looking, not waiting.

Faust keeps the group, the assignment and the order of a rebalance. Positions of lanes are in their
transactions; only pools commit through the consumer. No fetch runs while positions are changed
(`_fetching`), so every chunk goes on exactly where the last one ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP

from streams.consumer_thread import ConsumerThread, Fetched
from streams.core.records import Chunk

if TYPE_CHECKING:
    from streams.app import DunnockApp
    from streams.conductor import Conductor
    from streams.engine import Engine

FETCH_WAIT_S = 0.05
NOTHING_WANTED_S = 0.02


class BrokenOrder(Exception):
    """A chunk does not go on where the last one of its partition ended."""


class Consumer(FaustConsumer):
    """See the module. Overrides private methods of faust-streaming 0.15.3, hashed in the tests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetching = asyncio.Lock()
        self._positions: dict[TP, int] = {}

    @property
    def _engine(self) -> Engine:
        return cast("DunnockApp", self.app).engine

    @property
    def _lists(self) -> ConsumerThread:
        return cast(ConsumerThread, self._thread)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def check(self) -> None:
        """Raise what the group's coordinator has failed with."""
        await self._lists.check()

    # -- reading -----------------------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch lists for whoever has room, hand them over, and never park with a list in hand.

        Back-pressure is a question (`accepts`), not a full queue that is waited for: a rebalance
        would cancel that wait and leave a worker that is alive and consumes nothing.
        """
        while not (self.should_stop or fetcher.should_stop):
            async with self._fetching:
                wanted = self._wanted()
                self._deliver(await self._lists.fetch(wanted, FETCH_WAIT_S))
            # Let others take the lock; without work, don't spin.
            await asyncio.sleep(0 if wanted else NOTHING_WANTED_S)

    def _wanted(self) -> set[TP]:
        if not self.flow_active:
            return set()
        active = self._get_active_partitions()
        return {tp for tp in self._positions if tp in active and self._engine.accepts(tp)}

    def _deliver(self, fetched: Fetched) -> None:
        conductor = cast("Conductor", self.app.topics)
        names = cast("DunnockApp", self.app).names
        for tp, position in fetched.positions.items():
            known = self._positions.get(tp)
            records = fetched.records.get(tp, ())
            if known is None or (position == known and not records):
                continue
            if position < known or (records and records[0].offset < known):
                raise BrokenOrder(f"{tp}: at {known}, but the fetch stands at {position}")
            self._positions[tp] = position
            # Without records only the position moved: transaction markers, aborted records.
            chunk = Chunk(names.plain(tp.topic), tp.partition, records, position)
            conductor.delivery(tp)(chunk)

    async def perform_seek(self) -> None:
        """Read on from the committed offsets, and open lanes. The last step of a recovery."""
        async with self._fetching:
            self._positions = {}
            sources = {tp for tp in self.assignment() if not self._is_changelog_tp(tp)}
            positions = await self._engine.assignment.start_positions(sources)
            await self._lists.seek_all(positions)
            self._committed_offset.update(positions)
            await self._engine.open(positions)
            self._positions = dict(positions)
            # No await since `open` has checked that this assignment still stands.
            standbys = self.app.assignor.assigned_standbys()
            self._engine.assignment.follow(tp for tp in standbys if self._is_changelog_tp(tp))

    # -- rebalance ---------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish and commit first; Faust would forget what is acked before its last commit."""
        self.stop_flow()
        async with self._fetching:
            self._positions = {}
        await self.wait_empty()
        self._engine.drop_calls(revoked)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Changelogs are really paused: Faust only skips them, and their long poll delays us."""
        self._engine.assignment.begin(await self._lists.membership())
        await self._lists.pause({tp for tp in assigned if self._is_changelog_tp(tp)})
        await super().on_partitions_assigned(assigned, generation_id)

    async def wait_empty(self) -> None:
        """Lanes end with their running batch, pools' acks are committed."""
        await self._engine.finish()
        # One that is under way began before the last acks, and `commit` would only wait for it.
        await self.maybe_wait_for_commit_to_finish()
        await self.commit()

    # -- committing: pools only --------------------------------------------------------------

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (
            tp
            for tp in list(self._engine.committable)
            if topics is None or tp in topics or tp.topic in topics
        )

    def _new_offset(self, tp: TP) -> int | None:
        """What the pool's window allows. Faust's own is off by one after a gap (#606)."""
        return self._engine.committable.get(tp)

    # -- watchdogs ---------------------------------------------------------------------------

    async def verify_all_partitions_active(self) -> None:
        """Faust's check looks at streams that our records don't pass. Ours: `streams.watchdog`."""

    def verify_recovery_event_path(self, now: float, tp: TP) -> None:
        """As above: recovery doesn't read through this consumer."""
