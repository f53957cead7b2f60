"""Tells the web process, through Redis, which worker has which partitions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime.clock import utc_now

logger = logging.getLogger(__name__)

WORKERS_KEY = "dunnock:workers"
INTERVAL_S = 1.0
REDIS_TIMEOUT_S = 2.0


async def register_forever(
    redis_url: str, process_name: str, state: Callable[[], Mapping[str, object]]
) -> None:
    """Write `state` every second until cancelled, then take the entry away.

    Redis that is away stops nothing: the log is the truth, this is only a signpost.
    """
    client: Any = Redis.from_url(
        redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
    )
    reachable = True
    try:
        while True:
            entry = orjson.dumps({**state(), "at": utc_now()})
            try:
                await client.hset(WORKERS_KEY, process_name, entry)
                reachable = True
            except (RedisError, OSError) as error:
                if reachable:
                    logger.warning("not registered in Redis: %s", error)
                reachable = False
            await asyncio.sleep(INTERVAL_S)
    finally:
        await _take_away(client, process_name)


async def _take_away(client: Any, process_name: str) -> None:
    try:
        async with asyncio.timeout(REDIS_TIMEOUT_S):
            await client.hdel(WORKERS_KEY, process_name)
            await client.aclose()
    except (RedisError, OSError) as error:
        logger.info("could not take the entry away: %s", error)  # it goes stale by its `at`
