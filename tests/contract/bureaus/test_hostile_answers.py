"""Answers that no honest bureau would give: each ends in one status, none in an exception."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import orjson
import pytest
from aiohttp import web

from connectors.bureaus.ask import BODY_BYTES_MAX, ask_all, call_id
from connectors.bureaus.desk import CONNECTIONS_MAX, REQUESTS_MAX
from streams.core.pool import PoolConfig
from tests.contract.bureaus.conftest import EVERY, Bureau, Hostile, request_for

BKR = {"gevonden": True, "risico": 100, "fraudesignaal": False}
EXPERIAN = {"matchStatus": "MATCHED", "score": {"value": 100}}


def answering(body: bytes, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    return answer


def reference(provider: str) -> str:
    return call_id(request_for(), provider)


def bkr(**changes: object) -> bytes:
    return orjson.dumps({"referentie": reference("bkr")} | BKR | changes)


def experian(**changes: object) -> bytes:
    assessment = EXPERIAN | changes
    return orjson.dumps({"clientReference": reference("experian"), "assessment": assessment})


def infoscore(inside: str, found: str = "ja") -> bytes:
    head = f'<ergebnis referenz="{reference("infoscore")}" gefunden="{found}">'
    return f"{head}{inside}</ergebnis>".encode()


def plain(**changes: object) -> bytes:
    return orjson.dumps({"reference": reference("schufa"), "found": True} | changes)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("bkr", b""),
        ("bkr", b"null"),
        ("bkr", b"[" * 50_000),
        ("bkr", b"\xff\xfe"),
        ("bkr", bkr(referentie="another")),
        ("bkr", bkr(risico=-1)),
        ("bkr", bkr(risico=10_001)),
        ("bkr", bkr(risico=2**63)),
        ("bkr", bkr(risico=True)),
        ("bkr", bkr(risico="100")),
        ("bkr", bkr(risico=1.5)),
        ("bkr", bkr(gevonden="ja")),
        ("bkr", bkr(fraudesignaal=None)),
        ("experian", experian(score={"value": 1251})),
        ("experian", experian(score=[])),
        ("experian", experian(matchStatus="PERHAPS")),
        ("infoscore", b"<ergebnis/>"),
        ("infoscore", infoscore("<score>1001</score>")),
        ("infoscore", infoscore("<score>NaN</score>")),
        ("infoscore", infoscore("<score></score>")),
        ("infoscore", infoscore("", found="vielleicht")),
        ("infoscore", infoscore("<score>500</score><betrugsverdacht/>")),
        ("infoscore", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ergebnis/>'),
        ("infoscore", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x>'.encode("utf-16")),
        ("infoscore", b'<?xml version="1.0" encoding="utf-7"?><ergebnis/>'),
        ("schufa", plain(score="1e3")),
        ("schufa", plain(score="99")),
        ("schufa", plain(score="NaN")),
        ("schufa", plain(score=500)),
    ],
)
async def test_nonsense_is_an_error(
    bureau: Bureau, hostile: Hostile, provider: str, body: bytes
) -> None:
    desk = bureau.at(await hostile(answering(body)))
    (answer,) = (await ask_all(request_for(providers=(provider,)), desk)).answers
    assert (answer.status, answer.score, answer.fraud, answer.cost) == ("error", None, False, None)


@pytest.mark.parametrize("status", [204, 301, 400, 404, 429, 500, 503])
async def test_every_other_status_is_an_error(
    bureau: Bureau, hostile: Hostile, status: int
) -> None:
    desk = bureau.at(await hostile(answering(bkr(), status)))
    (answer,) = (await ask_all(request_for(providers=("bkr",)), desk)).answers
    assert answer.status == "error"


async def test_a_flood_is_cut_off(bureau: Bureau, hostile: Hostile) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b"x" * BODY_BYTES_MAX)
            sent += BODY_BYTES_MAX
        return response

    desk = bureau.at(await hostile(flood))
    (answer,) = (await ask_all(request_for(providers=("bkr",)), desk)).answers
    assert answer.status == "error"
    assert sent < 200 * BODY_BYTES_MAX


async def test_a_trickle_ends_at_the_deadline(bureau: Bureau, hostile: Hostile) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    desk = bureau.at(await hostile(trickle))
    started = time.monotonic()
    answers = (await ask_all(request_for(deadline_ms=300), desk)).answers
    assert {answer.status for answer in answers} == {"timeout"}
    assert time.monotonic() - started < 0.8


async def test_a_hang_is_a_timeout_at_the_default_deadline(
    bureau: Bureau, hostile: Hostile
) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    desk = bureau.at(await hostile(hang))
    started = time.monotonic()
    answers = (await ask_all(request_for(), desk)).answers
    assert {answer.status for answer in answers} == {"timeout"}
    assert 4.9 < time.monotonic() - started < 5.6


async def test_nobody_listens(bureau: Bureau) -> None:
    answers = (await ask_all(request_for(), bureau.at("http://127.0.0.1:1"))).answers
    assert [answer.status for answer in answers] == ["error"] * len(EVERY)


async def test_a_provider_nobody_knows_is_skipped(bureau: Bureau) -> None:
    answers = (await ask_all(request_for(providers=("bkr", "oracle")), bureau.desk)).answers
    assert [answer.status for answer in answers][1] == "skipped"


async def test_no_call_waits_for_a_connection_that_another_bureau_hangs_on() -> None:
    """As many connections as calls that the pool can have under way."""
    assert PoolConfig().tasks_max == REQUESTS_MAX
    assert PoolConfig().tasks_max * len(EVERY) <= CONNECTIONS_MAX


async def test_cancelling_leaves_no_call_behind(bureau: Bureau) -> None:
    await bureau.post("/faults", {"hang": True})
    asking = asyncio.create_task(ask_all(request_for(), bureau.desk))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("ask ")]
