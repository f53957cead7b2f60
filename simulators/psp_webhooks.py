"""Webhooks as Standard Webhooks has them: signed, one id for an event, retried until taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from standardwebhooks.webhooks import Webhook

from runtime import logs
from runtime.clock import utc_now

log = logs.logger(__name__)

#: Pauses between tries; with the last one repeated, a shop may be away for an hour.
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_TRIES_MAX = 120
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)


class Webhooks:
    """Delivers in the background. What is under way when the process ends is lost, as it is only
    a simulator.
    """

    def __init__(self, session: aiohttp.ClientSession, secret: str) -> None:
        self._session = session
        self._signer = Webhook(secret)
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, secret: str) -> AsyncIterator[Webhooks]:
        """A deliverer inside the block."""
        async with aiohttp.ClientSession() as session:
            webhooks = cls(session, secret)
            try:
                yield webhooks
            finally:
                for task in webhooks._tasks:
                    task.cancel()
                await asyncio.gather(*webhooks._tasks, return_exceptions=True)

    def send(self, url: str, event_id: str, body: bytes) -> None:
        """Deliver `body` to `url`; comes back at once."""
        task = asyncio.create_task(self._deliver(url, f"evt_{event_id}", body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, event_id: str, body: bytes) -> None:
        for attempt in range(_TRIES_MAX):
            if await self._taken(url, event_id, body):
                return
            await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
        log.warning("webhook given up", event_id=event_id)

    async def _taken(self, url: str, event_id: str, body: bytes) -> bool:
        at = utc_now()
        headers = {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(
                msg_id=event_id, timestamp=at, data=body.decode()
            ),
        }
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                return 200 <= response.status < 300
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
