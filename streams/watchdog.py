"""Liveness is progress: ends a worker whose log goes on while its lanes stand still.

An HTTP 200 says nothing about a consumer that died silently or a commit that never returns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException

from runtime import metrics
from streams.engine import Engine

logger = logging.getLogger(__name__)

INTERVAL_S = 10.0
STUCK_S = 120.0


class Stuck(Exception):
    """A partition has committed records before it and has not moved for `STUCK_S` seconds."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a topic's position was, and since when it is there with records waiting."""

    position: int
    since: float


class Watchdog:
    """Compares positions with the ends of what is committed, and shows the difference as lag."""

    def __init__(self, engine: Engine, group: str) -> None:
        self._engine = engine
        self._group = group
        self._seen: dict[tuple[str, int], _Seen] = {}

    async def run(self) -> None:
        """Look until cancelled. Raises `Stuck`."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                ends = await self._engine.committed_ends()
            except KafkaException as error:
                # Nobody can move while the broker is away: that is not what we look for.
                logger.warning("the broker did not tell its end offsets: %s", error)
                self._seen.clear()
            else:
                self.look(ends, self._positions(), time.monotonic())

    def _positions(self) -> dict[tuple[str, int], int]:
        return {
            (topic, partition): position
            for partition, lane in self._engine.lanes.items()
            for topic, position in lane.status().applied.items()
        }

    def look(
        self,
        ends: Mapping[tuple[str, int], int],
        positions: Mapping[tuple[str, int], int],
        now_s: float,
    ) -> None:
        """Remember who waits; raises `Stuck`. `now_s` is monotonic."""
        waiting: dict[tuple[str, int], _Seen] = {}
        lag: dict[str, int] = {}
        for place, position in positions.items():
            behind = ends.get(place, position) - position
            lag[place[0]] = lag.get(place[0], 0) + max(0, behind)
            if behind <= 0:
                continue
            before = self._seen.get(place)
            unmoved = before is not None and before.position == position
            waiting[place] = before if before and unmoved else _Seen(position, now_s)
            if now_s - waiting[place].since > STUCK_S:
                raise Stuck(
                    f"{place[0]} partition {place[1]} stands at {position}, {behind} behind"
                )
        self._seen = waiting
        for topic, records in lag.items():
            metrics.LAG_RECORDS.labels(self._group, topic).set(records)
