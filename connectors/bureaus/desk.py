"""What asking needs: a client session, the bureaus' address, the cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from redis.asyncio import Redis

from connectors.bureaus.cache import CACHE_TIMEOUT_S, AnswerCache
from connectors.bureaus.registry import REGISTRY, Provider
from runtime.settings import Settings

#: Requests that the pool works on at a time (`streams.core.pool`, its default).
REQUESTS_MAX = 200
#: Connections to all bureaus together: one for each call that can be under way, so that none waits
#: for a connection that another bureau hangs on.
CONNECTIONS_MAX = REQUESTS_MAX * len(REGISTRY)


@dataclass(frozen=True, slots=True)
class Desk:
    """One per process, shared by all requests."""

    session: aiohttp.ClientSession
    base_url: str
    cache: AnswerCache
    #: The operator's upper limit on the deadline that a policy asks for.
    deadline_s_max: float = 5.0
    providers: Mapping[str, Provider] = field(default_factory=lambda: REGISTRY)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """A desk by the settings; closes its connections at the end. Connects to nothing yet."""
    redis: Redis[bytes] = Redis.from_url(
        settings.redis_url,
        socket_timeout=CACHE_TIMEOUT_S,
        socket_connect_timeout=CACHE_TIMEOUT_S,
    )
    # Compressed answers are not unpacked: a small body must not become a huge one.
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
    )
    async with redis, session:
        yield Desk(
            session=session,
            base_url=settings.bureaus_url,
            cache=AnswerCache(redis, settings.secret),
            deadline_s_max=settings.bureau_deadline_s,
        )
