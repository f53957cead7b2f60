"""Liveness is progress: ends a worker whose log goes on while its lanes or commits stand still.

An HTTP 200 says nothing about a consumer that died silently or a commit that never returns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException

from runtime import metrics
from streams.engine import Engine

logger = logging.getLogger(__name__)

INTERVAL_S = 10.0
STUCK_S = 120.0

Place = tuple[str, int]


class Stuck(Exception):
    """A lane has records before it, or a pool something to commit, and nothing moved for long."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a topic's position was, and since when it is there with records waiting."""

    position: int
    since: float


class Watchdog:
    """Compares positions with the ends of what is committed, and shows the difference as lag."""

    def __init__(
        self, engine: Engine, group: str, check_group: Callable[[], Awaitable[None]]
    ) -> None:
        """`check_group` raises what membership in the group has failed with."""
        self._engine = engine
        self._group = group
        self._check_group = check_group
        self._seen: dict[Place, _Seen] = {}
        self._commits_seen: dict[Place, _Seen] = {}

    async def run(self) -> None:
        """Look until cancelled. Raises `Stuck`, or what `check_group` raises."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._look_at_group()
            try:
                ends = await self._engine.committed_ends()
                commits = await self._engine.pool_commits()
            except KafkaException as error:
                # Nobody can move while the broker is away: that is not what we look for.
                logger.warning("the broker did not tell its end offsets: %s", error)
                self._seen.clear()
                self._commits_seen.clear()
            else:
                now_s = time.monotonic()
                self.look(ends, self._positions(), now_s)
                self.look_at_commits(commits, now_s)

    async def _look_at_group(self) -> None:
        """It is asked in the consumer's thread; one that doesn't answer must not stop us, too."""
        try:
            async with asyncio.timeout(STUCK_S):
                await self._check_group()
        except TimeoutError:
            raise Stuck(f"the consumer's thread has not answered for {STUCK_S:.0f} s") from None

    def _positions(self) -> dict[Place, int]:
        return {
            (topic, partition): position
            for partition, lane in self._engine.lanes.items()
            for topic, position in lane.status().applied.items()
        }

    def look(
        self,
        ends: Mapping[Place, int],
        positions: Mapping[Place, int],
        now_s: float,
    ) -> None:
        """Remember who waits; raises `Stuck`. `now_s` is monotonic."""
        behind = {place: ends.get(place, at) - at for place, at in positions.items()}
        self._seen = _waiting(self._seen, positions, behind, now_s)
        lag: dict[str, int] = {}
        for (topic, _), records in behind.items():
            lag[topic] = lag.get(topic, 0) + max(0, records)
        for topic, records in lag.items():
            metrics.LAG_RECORDS.labels(self._group, topic).set(records)

    def look_at_commits(self, commits: Mapping[Place, tuple[int, int]], now_s: float) -> None:
        """The same for pools: (committed, may be committed). A call that waits allows nothing."""
        committed = {place: at for place, (at, _) in commits.items()}
        behind = {place: allowed - at for place, (at, allowed) in commits.items()}
        self._commits_seen = _waiting(self._commits_seen, committed, behind, now_s)


def _waiting(
    seen: Mapping[Place, _Seen],
    positions: Mapping[Place, int],
    behind: Mapping[Place, int],
    now_s: float,
) -> dict[Place, _Seen]:
    """Who has something before him, and since when he stands there. Raises `Stuck`."""
    waiting: dict[Place, _Seen] = {}
    for place, position in positions.items():
        if behind[place] <= 0:
            continue
        before = seen.get(place)
        unmoved = before is not None and before.position == position
        waiting[place] = before if before and unmoved else _Seen(position, now_s)
        if now_s - waiting[place].since > STUCK_S:
            raise Stuck(
                f"{place[0]} partition {place[1]} stands at {position}, {behind[place]} behind"
            )
    return waiting
