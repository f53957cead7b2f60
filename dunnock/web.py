"""`dunnock web`: puts the web process together and serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import aiohttp
import asyncpg
from redis.asyncio import Redis

from api.actions.approving import sweep
from api.app import build_app
from api.machine.advance import Advance
from api.machine.dispatchers import Dispatchers
from api.pages.rendering import environment
from api.pay.psp import HttpPsp
from api.readiness import Readiness
from api.security.passwords import Passwords
from api.security.sessions import Sessions
from api.security.users import Users
from api.services import Clock, Services
from connectors.log_client import LogClient
from connectors.postgres import pool as postgres
from connectors.postgres.action_requests import ActionRequests
from connectors.simulated_clock import SimulatedClockRow
from dunnock.impact import counting_beside
from dunnock.rule_set_publisher import publishing
from runtime import health
from runtime.clock import utc_now
from runtime.logs import logger
from runtime.settings import Settings
from streams import topics
from tables.live_rows import LiveRows
from tables.partition_status import StatusReader

_log = logger(__name__)
_REDIS_TIMEOUT_S = 2.0
#: The channels that have a dispatcher, as its command line calls them.
_SENT = {
    "sms": topics.MESSAGES_SMS,
    "push": topics.MESSAGES_PUSH,
    "email": topics.MESSAGES_EMAIL,
    "letter": topics.MESSAGES_LETTER,
}
_INPUTS = tuple(spec.name for spec in topics.IN_TOPICS)
#: Read by the lanes. Requests to bureaus are read by a pool, on real time: no clock waits for it.
_INTERNAL = (topics.TICKS, topics.POLICIES, topics.CHECK_ANSWERS, topics.HISTORY)


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    async with contextlib.AsyncExitStack() as stack:
        services = await assemble(settings, stack)
        await stack.enter_async_context(publishing(settings, services.pool))
        app = build_app(services)
        port = await stack.enter_async_context(
            health.serving(app, settings.listen_host, settings.listen_port)
        )
        _log.info("web serves", host=settings.listen_host, port=port)
        await sweep(services)


async def assemble(settings: Settings, stack: contextlib.AsyncExitStack) -> Services:
    """Connections and parts; the stack closes them."""
    pool = await stack.enter_async_context(
        postgres.connected(settings.database_url, name=settings.process_name)
    )
    http = await stack.enter_async_context(aiohttp.ClientSession())
    redis = await stack.enter_async_context(_redis(settings.redis_url))
    log = await stack.enter_async_context(_log_client(settings))
    rows = LiveRows(redis, http, settings.partitions)
    statuses = StatusReader(rows, http)
    users = Users(pool, Passwords())
    await users.seed(settings.logins)
    clock = await _clock(settings, pool, statuses, log)

    async def now() -> datetime:
        return await clock.row.now() if clock is not None else utc_now()

    return Services(
        settings=settings,
        pool=pool,
        action_requests=ActionRequests(pool),
        rows=rows,
        statuses=statuses,
        log=log,
        psp=HttpPsp(http, settings.psp_url),
        users=users,
        sessions=Sessions(pool),
        templates=environment(),
        now=now,
        clock=clock,
        conditions=Readiness(pool, redis, statuses).conditions,
        counting=await stack.enter_async_context(counting_beside()),
    )


@contextlib.asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Any]:
    client = Redis.from_url(
        url, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )
    try:
        yield client
    finally:
        await client.aclose()  # type: ignore[attr-defined]  # the stubs are of an older release


@contextlib.asynccontextmanager
async def _log_client(settings: Settings) -> AsyncIterator[LogClient]:
    client = LogClient(settings.kafka, settings.topic_prefix)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def _clock(
    settings: Settings, pool: asyncpg.Pool, statuses: StatusReader, log: LogClient
) -> Clock | None:
    if settings.clock == "real":
        return None
    row = SimulatedClockRow(pool)
    await row.start()
    groups = {topic: f"{settings.app_id}-dispatcher-{name}" for name, topic in _SENT.items()}
    groups[topics.CHECK_REQUESTS] = settings.app_id  # bureaus answer on real time too
    dispatchers = Dispatchers(log, groups, settings.partitions)
    return Clock(row, Advance(row, statuses, log, dispatchers, _INPUTS, _INTERNAL))
