"""Answers are kept in a real Redis; without one, everything works and costs more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from connectors.bureaus.ask import ask_all
from connectors.bureaus.cache import AnswerCache
from connectors.bureaus.desk import Desk, open_desk
from connectors.bureaus.registry import REGISTRY
from runtime.settings import Settings
from tests.contract.bureaus.conftest import EVERY, Bureau, request_for


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis[bytes]]:
    async with Redis.from_url(redis_url) as client:
        await client.flushdb()
        yield client


def cached(bureau: Bureau, redis: Redis[bytes]) -> Desk:
    return replace(bureau.desk, cache=AnswerCache(redis, "secret"))


async def test_the_second_question_is_answered_from_the_cache(
    bureau: Bureau, redis: Redis[bytes]
) -> None:
    await bureau.post("/answers", {"family": "Jansen", "answer": {"score": 300}})
    desk = cached(bureau, redis)
    first = (await ask_all(request_for(), desk)).answers
    again = (await ask_all(request_for("JANSEN ", request_id="R-2"), desk)).answers
    assert [answer.cached for answer in first] == [False] * len(EVERY)
    assert [answer.cached for answer in again] == [True] * len(EVERY)
    assert [answer.score for answer in again] == [answer.score for answer in first]
    assert [answer.findings for answer in again] == [answer.findings for answer in first]
    assert all(answer.cost is None for answer in again)
    assert again[0].result().status == "cached"
    assert len(await bureau.received()) == len(EVERY)


async def test_what_the_bureau_has_corrected_is_not_used_again(
    bureau: Bureau, redis: Redis[bytes]
) -> None:
    """The same person with another answer: asked anew, and the new one is kept."""
    desk = cached(bureau, redis)
    told = []
    for number, score in enumerate((150, 700, 700)):
        await bureau.post("/answers", {"family": "Jansen", "answer": {"score": score}})
        request = request_for(providers=("bkr",), request_id=f"R-{number}")
        (answer,) = (await ask_all(request, desk)).answers
        told.append((answer.score, answer.cached))
    assert told == [(150, False), (700, False), (700, True)]


@pytest.mark.parametrize("fault", [{"error_rate": 1}, {"hang": True}, {"garbage": True}])
async def test_what_the_bureau_does_not_confirm_is_not_used(
    bureau: Bureau, redis: Redis[bytes], fault: dict[str, object]
) -> None:
    """A kept answer doesn't hide that a bureau is out of order."""
    desk = cached(bureau, redis)
    await ask_all(request_for(providers=("bkr",)), desk)
    await bureau.post("/faults", fault)
    request = request_for(providers=("bkr",), request_id="R-2", deadline_ms=1500)
    (answer,) = (await ask_all(request, desk)).answers
    await bureau.post("/faults", {})
    assert answer.status == ("timeout" if "hang" in fault else "error")
    (answer,) = (await ask_all(request_for(providers=("bkr",), request_id="R-3"), desk)).answers
    assert answer.cached


async def test_no_personal_data_is_in_redis_and_everything_expires(
    bureau: Bureau, redis: Redis[bytes]
) -> None:
    await ask_all(request_for(), cached(bureau, redis))
    keys = await redis.keys("*")
    assert len(keys) == len(EVERY)
    for key in keys:
        text = (key + (await redis.get(key) or b"")).decode().casefold()
        assert not any(word in text for word in ("jansen", "1980", "1234", "laan"))
        assert 0 < await redis.ttl(key) <= 24 * 3600


async def test_another_person_and_another_secret_have_other_keys() -> None:
    provider = REGISTRY["bkr"]
    keys = {
        AnswerCache(None, secret).key(provider, purpose, request_for(family).subject)
        for secret in ("one", "two")
        for purpose in ("acceptance", "monitoring")
        for family in ("Jansen", "Bakker")
    }
    assert len(keys) == 8


async def test_failures_are_not_kept(bureau: Bureau, redis: Redis[bytes]) -> None:
    desk = cached(bureau, redis)
    await bureau.post("/faults", {"error_rate": 1})
    await ask_all(request_for(), desk)
    await bureau.post("/faults", {})
    answers = (await ask_all(request_for(), desk)).answers
    assert not any(answer.cached for answer in answers)


async def test_rubbish_in_redis_is_ignored(bureau: Bureau, redis: Redis[bytes]) -> None:
    desk = cached(bureau, redis)
    key = desk.cache.key(REGISTRY["bkr"], "acceptance", request_for().subject)
    for rubbish in (b"{}", b"\xff", b'{"status": "timeout"}'):
        await redis.set(key, rubbish)
        (answer,) = (await ask_all(request_for(providers=("bkr",)), desk)).answers
        assert answer.status in {"hit", "no_hit"}
        assert not answer.cached


async def test_a_cache_that_is_gone_or_hangs_costs_a_call_not_the_answer(bureau: Bureau) -> None:
    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for url in (f"redis://127.0.0.1:{port}/0", "redis://127.0.0.1:1/0"):
            settings = Settings(redis_url=url, bureaus_url=bureau.url)
            async with open_desk(settings) as desk:
                answers = (await ask_all(request_for(deadline_ms=1500), desk)).answers
            assert {answer.status for answer in answers} <= {"hit", "no_hit"}
