"""Asking all bureaus of a request at once, with one deadline for all of them.

Each provider ends in exactly one of hit, no_hit, timeout, error, skipped; a hit or no_hit from the
cache, which the bureau confirms, says so. A bureau that hangs, babbles, floods or is gone never
delays, fails or hides the answers of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from uuid import UUID, uuid5

import aiohttp
from pydantic import ValidationError

from connectors.bureaus.cache import Kept
from connectors.bureaus.confirm import still_stands
from connectors.bureaus.desk import Desk
from connectors.bureaus.format import Babble, Question, Told
from connectors.bureaus.registry import Provider
from domain.acceptance.checks import CheckAnswer, ChecksAnswered, ChecksRequested, Status
from runtime import metrics
from runtime.logs import logger

#: An answer is some hundred bytes; who sends more than this is not listened to any longer.
BODY_BYTES_MAX = 64 * 1024
CALL_ID_HEADER = "X-Call-Id"
_CALLS = UUID("0b0f4f3a-5f0f-5b0e-8c43-1c2f7a5c9d11")
_log = logger(__name__)


async def ask_all(request: ChecksRequested, desk: Desk) -> ChecksAnswered:
    """One answer for each provider of `request`, in its order, not later than its deadline.

    Raises nothing but CancelledError. Asked again, it uses the same call ids: a bureau can tell a
    repetition from a second question.
    """
    started = time.monotonic()
    tasks = [
        asyncio.create_task(_ask(request, provider_id, desk), name=f"ask {provider_id}")
        for provider_id in request.providers
    ]
    try:
        if tasks:
            deadline_s = min(request.deadline_ms / 1000, desk.deadline_s_max)
            await asyncio.wait(tasks, timeout=deadline_s)
    finally:
        late = [task for task in tasks if not task.done()]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    answers = tuple(
        _outcome(provider_id, task, started)
        for provider_id, task in zip(request.providers, tasks, strict=True)
    )
    for answer in answers:
        status = "cached" if answer.cached else answer.status
        metrics.BUREAU_CALLS.labels(answer.provider, status).inc()
        metrics.BUREAU_SECONDS.labels(answer.provider).observe(answer.latency_ms / 1000)
    return ChecksAnswered(
        request_id=request.request_id,
        application_id=request.application_id,
        key=request.key,
        revision=request.revision,
        answers=answers,
    )


def call_id(request: ChecksRequested, provider_id: str) -> str:
    """Names one call for ever: the same after a crash."""
    return str(uuid5(_CALLS, f"{request.request_id}\x1f{provider_id}"))


def _outcome(provider_id: str, task: asyncio.Task[CheckAnswer], started: float) -> CheckAnswer:
    if task.cancelled():
        return _silent(provider_id, "timeout", started)
    error = task.exception()
    if error is None:
        return task.result()
    # A defect of ours at one provider must not cost the answers of the others.
    _log.error("asking a bureau failed", provider=provider_id, exc_info=error)
    return _silent(provider_id, "error", started)


def _silent(provider_id: str, status: Status, started: float) -> CheckAnswer:
    return CheckAnswer(provider=provider_id, status=status, latency_ms=_since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


async def _ask(request: ChecksRequested, provider_id: str, desk: Desk) -> CheckAnswer:
    started = time.monotonic()
    provider = desk.providers.get(provider_id)
    if provider is None:
        _log.warning("unknown bureau in the policy", provider=provider_id)
        return _silent(provider_id, "skipped", started)
    key = desk.cache.key(provider, request.purpose, request.subject)
    kept = await desk.cache.get(key)
    if kept is not None and await still_stands(provider, kept.call_id, desk):
        return _answer(provider, kept, started, cached=True)
    question = Question(call_id(request, provider_id), request.purpose, request.subject)
    try:
        async with asyncio.timeout(provider.timeout_s):
            body = await _call(provider, question, desk)
        kept = _kept(provider, question, provider.format.decode(body, question))
    except TimeoutError:
        return _silent(provider_id, "timeout", started)
    except (aiohttp.ClientError, OSError, Babble, ValidationError, ValueError) as error:
        _log.warning("a bureau gave no answer", provider=provider_id, error=type(error).__name__)
        return _silent(provider_id, "error", started)
    answer = _answer(provider, kept, started, cached=False)
    # The answer is there: a deadline that passes while it is put away must not take it back.
    with contextlib.suppress(asyncio.CancelledError):
        await desk.cache.put(key, kept, provider.cache_ttl_s)
    return answer


async def _call(provider: Provider, question: Question, desk: Desk) -> bytes:
    async with desk.session.post(
        desk.base_url.rstrip("/") + provider.path,
        data=provider.format.encode(question),
        headers={
            "Content-Type": provider.format.content_type,
            CALL_ID_HEADER: question.call_id,
        },
        allow_redirects=False,
        # The deadline of all is the only clock here; aiohttp's own default is five minutes.
        timeout=aiohttp.ClientTimeout(total=None),
    ) as response:
        if response.status != 200:
            raise Babble(f"status {response.status}")
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise Babble(f"more than {BODY_BYTES_MAX} bytes")
        return bytes(body)


def _kept(provider: Provider, question: Question, told: Told) -> Kept:
    return Kept(
        call_id=question.call_id,
        status="hit" if told.hit else "no_hit",
        score=None if told.score is None else provider.scale.normalised(told.score),
        fraud=told.fraud,
        findings=told.findings,
    )


def _answer(provider: Provider, kept: Kept, started: float, *, cached: bool) -> CheckAnswer:
    return CheckAnswer(
        provider=provider.id,
        status=kept.status,
        cached=cached,
        score=kept.score,
        fraud=kept.fraud,
        findings=kept.findings,
        latency_ms=_since(started),
        cost=None if cached else provider.cost,
    )
