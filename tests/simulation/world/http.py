"""What stands where aiohttp's client session would: answers without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import aiohttp


class Unreachable(aiohttp.ClientConnectorError):
    """Nobody listens. aiohttp's own wants a connection to tell about."""

    def __init__(self) -> None:
        self._os_error = OSError("refused")

    def __str__(self) -> str:
        return "unreachable"


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self, limit: int = -1) -> bytes:
        return self._body if limit < 0 else self._body[:limit]

    async def iter_any(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 16_384):
            yield self._body[start : start + 16_384]


class Response:
    """Status and body of an answer."""

    def __init__(self, status: int, body: bytes = b"{}") -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self.content = _Content(body)


class Exchange:
    """A request under way, as `async with session.post(…)` has it; bounded by its timeout."""

    def __init__(self, answer: Callable[[], Awaitable[Response]], timeout: Any) -> None:
        self._answer = answer
        self._timeout_s = getattr(timeout, "total", None)

    async def __aenter__(self) -> Response:
        async with asyncio.timeout(self._timeout_s):
            return await self._answer()

    async def __aexit__(self, *_: object) -> None:
        """The connection goes back to nobody."""


def session_of(found: object) -> aiohttp.ClientSession:
    """What only looks like a session, for whoever wants one."""
    return cast(aiohttp.ClientSession, found)
