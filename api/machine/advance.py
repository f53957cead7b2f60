"""Moves the simulated clock so that everything due on the way happens, in order (F100).

The workers learn the time from ticks. An advance first waits until they have done all that is
already in the log. Then it visits each instant at which something is due: a tick to every
partition, and a wait until each has handled it and all that followed from it, also what
partitions asked of each other.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from api.ports import ClockRow, Dispatching, Ends, Log, Statuses
from runtime.logs import logger
from tables.partition_status import PartitionStatus, missing_partitions

TICKS = "ticks"
_LOG_EVERY_S = 5.0
#: Messages are good for hours: steps shorter than this may be taken before they have left.
LEAP = timedelta(minutes=1)
_log = logger(__name__)


class Lagging(Exception):
    """The workers did not get where they should in time; the message says who lags in what."""


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds only where there are any."""
    spec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def _earliest(found: Mapping[int, PartitionStatus]) -> datetime | None:
    return min((one.next_due for one in found.values() if one.next_due), default=None)


class Advance:
    """One advance at a time: the caller holds the clock's lock."""

    def __init__(
        self,
        clock: ClockRow,
        statuses: Statuses,
        log: Log,
        dispatchers: Dispatching,
        inputs: Iterable[str],
        internal: Iterable[str],
        *,
        patience_s: float = 60.0,
        poll_s: float = 0.012,
    ) -> None:
        """`inputs` and `internal` (ticks included): all topics that the partitions read, without
        prefix. What comes in from outside during the advance does not hold it up.
        """
        self._clock, self._statuses, self._source = clock, statuses, log
        self._dispatchers = dispatchers
        self._inputs, self._internal = tuple(inputs), tuple(internal)
        self._patience_s, self._poll_s = patience_s, poll_s
        self._visited, self._logged_at, self._hangs = 0, 0.0, False

    async def to(self, target: datetime) -> datetime:
        """Raises `Lagging` when the workers take longer than the patience for one step."""
        self._visited, self._logged_at, self._hangs = 0, time.monotonic(), False
        now = await self._clock.now()
        await self._tick(now)  # a former advance may have died between its row and its ticks
        found = await self._settle(now, (*self._inputs, *self._internal))
        dispatched_at = now
        while True:
            due = _earliest(found)
            following = target if due is None else min(due, target)
            if following - dispatched_at > LEAP:
                found = await self._let_messages_leave(now) or found
                dispatched_at = now
                due = _earliest(found)
            if due is None or due > target:
                break
            now = max(now, due)
            found = await self._visit(now, target)
        if now < target:
            await self._visit(target, target)
        await self._let_messages_leave(target)
        return await self._clock.now()

    async def _let_messages_leave(self, now: datetime) -> dict[int, PartitionStatus] | None:
        """The statuses after the receipts; None: a gateway hangs, and time does not wait for it."""
        if self._hangs:
            return None
        if not await self._dispatchers.settle():
            self._hangs = True
            _log.warning("a dispatcher hangs: the clock goes on without it")
            return None
        return await self._settle(now, (*self._inputs, *self._internal))

    async def _visit(self, instant: datetime, target: datetime) -> dict[int, PartitionStatus]:
        self._visited += 1
        if time.monotonic() - self._logged_at > _LOG_EVERY_S:
            self._logged_at = time.monotonic()
            _log.info(
                "the clock is on its way",
                now=instant_text(instant),
                target=instant_text(target),
                visited=self._visited,
            )
        await self._clock.move_to(instant)
        await self._tick(instant)
        return await self._settle(instant, self._internal)

    async def _tick(self, now: datetime) -> None:
        value = json.dumps({"now": instant_text(now)}).encode()
        headers = (("content-type", b"application/json"),)
        await asyncio.gather(
            *(
                self._source.publish(TICKS, None, value, headers, partition)
                for partition in range(self._statuses.partitions)
            )
        )

    async def _settle(self, now: datetime, topics: Iterable[str]) -> dict[int, PartitionStatus]:
        """Waits until `topics` are applied to their end and no internal request came of it."""
        deadline = time.monotonic() + self._patience_s
        ends = await self._ends(topics)
        while True:
            found = await self._wait_for(ends, now, deadline)
            # A worker says "applied" after it has written, so what it asked for is in these ends.
            again = await self._ends(self._internal)
            if all(ends[number].items() >= again[number].items() for number in again):
                return found
            ends = again

    async def _ends(self, topics: Iterable[str]) -> Ends:
        return await self._source.end_offsets(topics, self._statuses.partitions)

    async def _wait_for(
        self, ends: Ends, now: datetime, deadline: float
    ) -> dict[int, PartitionStatus]:
        while True:
            found = await self._statuses.read()
            lag = self._lag(found, ends, now)
            if lag is None:
                return found
            if time.monotonic() >= deadline:
                raise Lagging(lag)
            await asyncio.sleep(self._poll_s)

    def _lag(self, found: Mapping[int, PartitionStatus], ends: Ends, now: datetime) -> str | None:
        """What is still to be done, in words; None when all is done."""
        missing = missing_partitions(found, self._statuses.partitions)
        if missing:
            return f"no ready worker for partitions {list(missing)}"
        for number, status in found.items():
            for topic, end in ends.get(number, {}).items():
                if status.applied.get(topic, 0) < end:
                    return f"{topic}[{number}] at {status.applied.get(topic, 0)} of {end}"
            if status.pending_looks:
                return f"partition {number} has {status.pending_looks} last looks to take"
            if status.now is None or status.now < now:
                return f"partition {number} has not seen the tick"
            if status.next_due is not None and status.next_due <= now:
                return f"partition {number} still has something due"
        return None
