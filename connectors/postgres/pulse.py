"""Whether the database answers, known without asking it at each readiness request."""

from __future__ import annotations

import asyncio
import time

from connectors.postgres.pool import LOST, Pool

_EVERY_S = 1.0
_ANSWER_S_MAX = 2.0
#: Older than this, an answer says nothing about now.
_VALID_S = 5.0


class Pulse:
    """`run()` until cancelled; `beats` is true while the last answer is fresh."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._answered_at = float("-inf")

    @property
    def beats(self) -> bool:
        """Whether the database answered within the last seconds."""
        return time.monotonic() - self._answered_at < _VALID_S

    async def run(self) -> None:
        """Ask once a second until cancelled."""
        while True:
            try:
                await self._pool.fetchval("SELECT 1", timeout=_ANSWER_S_MAX)
            except (*LOST, TimeoutError):
                self._answered_at = float("-inf")
            else:
                self._answered_at = time.monotonic()
            await asyncio.sleep(_EVERY_S)
