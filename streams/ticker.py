"""Says what time it is, on the log: the only `now` the engine knows comes from here.

Each partition gets a tick when it is assigned, before its lane opens. On the real clock it then
gets one every second; on the simulated clock whoever advances the clock sends the ticks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import orjson

from streams.core.records import Output
from streams.publisher import Publisher
from streams.topics import TICKS

Now = Callable[[], Awaitable[datetime]]
TICK_INTERVAL_S = 1.0


class Ticker:
    """Sends `{"now": …}` to partitions."""

    def __init__(self, publisher: Publisher, now: Now, app_id: str) -> None:
        self._publisher = publisher
        self._now = now
        self._source = app_id.encode()

    async def tick(self, partitions: Iterable[int]) -> dict[int, int]:
        """One tick to each partition; gives the offset it has there, by partition."""
        wanted = tuple(partitions)
        value = orjson.dumps({"now": await self._now()})
        offsets = await self._publisher.publish(
            [Output(TICKS, None, value, (("ce_source", self._source),), p) for p in wanted]
        )
        return dict(zip(wanted, offsets, strict=True))

    async def run(self, owned: Callable[[], Iterable[int]]) -> None:
        """Tick the partitions that are owned at the moment, every second, until cancelled."""
        while True:
            await asyncio.sleep(TICK_INTERVAL_S)
            await self.tick(owned())
