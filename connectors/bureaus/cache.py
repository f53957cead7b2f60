"""Answers of bureaus kept in Redis for a while: asked twice, paid once.

A key holds the provider, the version of its scale, the purpose and an HMAC of the identity, so
neither keys nor values name anybody. Whatever happens to Redis, the worst outcome is a call more.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from connectors.bureaus.registry import Provider
from domain.acceptance.checks import Subject
from runtime.logs import logger

#: Longer than this and asking the bureau is the better use of the deadline.
CACHE_TIMEOUT_S = 0.25
_PREFIX = "dunnock:bureau"
_TROUBLE = (RedisError, OSError, TimeoutError)
_log = logger(__name__)


class Kept(BaseModel):
    """What is kept of an answer, and of which call: the bureau can be asked whether it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call_id: str
    status: Literal["hit", "no_hit"]
    score: int | None = None
    fraud: bool = False
    findings: tuple[str, ...] = ()


class AnswerCache:
    """Needs a Redis client and a secret for the HMAC; `None` for a client keeps nothing."""

    def __init__(self, redis: Redis[bytes] | None, secret: str) -> None:
        self._redis = redis
        self._secret = secret.encode()

    def key(self, provider: Provider, purpose: str, subject: Subject) -> str:
        """The same person, however written in capitals and spaces, has the same key."""
        address = subject.address
        parts = (
            subject.name.given,
            subject.name.family,
            subject.birth_date.isoformat(),
            address.street,
            address.number,
            address.postal_code,
            address.city,
            address.country,
        )
        identity = "\x1f".join("".join((part or "").casefold().split()) for part in parts)
        digest = hmac.digest(self._secret, identity.encode(), "sha256").hex()
        return f"{_PREFIX}:{provider.id}:{provider.scale.version}:{purpose}:{digest}"

    async def get(self, key: str) -> Kept | None:
        """None: nothing kept, or Redis is in trouble. Never raises."""
        if self._redis is None:
            return None
        try:
            async with asyncio.timeout(CACHE_TIMEOUT_S):
                raw = await self._redis.get(key)
            return None if raw is None else Kept.model_validate_json(raw)
        except ValidationError:
            _log.warning("kept bureau answer is unreadable")
        except _TROUBLE as error:
            _log.warning("bureau cache is in trouble", error=type(error).__name__)
        return None

    async def put(self, key: str, kept: Kept, ttl_s: int) -> None:
        """Keeps the answer if it can. Never raises."""
        if self._redis is None:
            return
        try:
            async with asyncio.timeout(CACHE_TIMEOUT_S):
                await self._redis.set(key, kept.model_dump_json(), ex=ttl_s)
        except _TROUBLE as error:
            _log.warning("bureau cache is in trouble", error=type(error).__name__)
