"""Whether the dispatchers have handed over what is on the log.

While a whole month passes in a minute, a message must not expire only because its dispatcher, on
real time, had no chance to send it: the clock waits for the dispatchers before it leaps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from api.ports import Ends, Log

#: The end of a transaction is a record too, and nobody commits it: a group that has done all is
#: one behind.
_MARKER = 1


class Dispatchers:
    """The dispatchers' consumer groups, watched from outside."""

    def __init__(
        self,
        log: Log,
        groups: Mapping[str, str],
        partitions: int,
        *,
        patience_s: float = 6.0,
        poll_s: float = 0.05,
    ) -> None:
        """`groups`: topic of messages -> the group that dispatches it."""
        self._log, self._groups, self._partitions = log, groups, partitions
        self._patience_s, self._poll_s = patience_s, poll_s
        self._done: Ends = {}

    async def settle(self) -> bool:
        """Waits until all messages are dealt with. False when a gateway takes too long for it."""
        deadline = time.monotonic() + self._patience_s
        while True:
            ends = await self._log.end_offsets(self._groups, self._partitions)
            if ends == self._done or await self._are_through(ends):
                self._done = ends
                return True
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(self._poll_s)

    async def _are_through(self, ends: Ends) -> bool:
        stable = await self._log.end_offsets(self._groups, self._partitions, stable=True)
        if stable != ends:
            return False  # a transaction is still open: its messages are not to be seen yet
        for topic, group in self._groups.items():
            committed = await self._log.committed(group, topic)
            for number, topics in ends.items():
                end = topics.get(topic, 0)
                if end and committed.get(number, 0) < end - _MARKER:
                    return False
        return True
