"""A provider that says how long to leave it alone: 429 and 503 with Retry-After."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from connectors.gateways.http import PAUSE_S_MAX, HttpGateway, asked_pause
from connectors.gateways.ports import Accepted, Outcome, Outgoing, TryLater
from runtime.health import serving

MESSAGE = Outgoing("m-1", "+31612345678", "Hello")
DATE = "Mon, 01 Jun 2026 09:00:00 GMT"


@dataclass
class Provider:
    """Answers what it is told to, and counts who asks."""

    gateway: HttpGateway
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    calls: int = 0

    async def send(self) -> Outcome:
        async def mark() -> bool:
            return True

        return await self.gateway.send(MESSAGE, mark)


@pytest.fixture
async def provider(http: aiohttp.ClientSession) -> AsyncIterator[Provider]:
    async def take(_: web.Request) -> web.Response:
        busy.calls += 1
        status, headers = busy.answers.pop(0)
        return web.json_response({"id": "x"}, status=status, headers=headers)

    app = web.Application()
    app.add_routes([web.post("/messages", take)])
    async with serving(app, "127.0.0.1", 0) as port:
        busy = Provider(HttpGateway(http, f"http://127.0.0.1:{port}", timeout_s=2))
        yield busy


async def test_nothing_is_sent_before_the_pause_is_over(provider: Provider) -> None:
    provider.answers = [(429, {"Retry-After": "30"})]
    assert await provider.send() == TryLater("http_429", 30.0)
    waiting = await provider.send()
    assert isinstance(waiting, TryLater)
    assert waiting.reason == "paused"
    assert 25 < waiting.after_s <= 30
    assert provider.calls == 1


async def test_without_a_pause_the_usual_backoff_holds(provider: Provider) -> None:
    provider.answers = [(429, {}), (503, {"Retry-After": "soon"}), (201, {})]
    assert await provider.send() == TryLater("http_429")
    assert await provider.send() == TryLater("http_503")
    assert isinstance(await provider.send(), Accepted)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5.0),
        ("86400", PAUSE_S_MAX),
        ("9" * 400, PAUSE_S_MAX),
        ("Mon, 01 Jun 2026 09:00:07 GMT", 7.0),
        ("Mon, 01 Jun 2026 08:00:00 GMT", 0.0),
        ("Mon, 01 Jun 2036 09:00:00 GMT", PAUSE_S_MAX),
        ("-3", 0.0),
        ("٣", 0.0),
        ("tomorrow", 0.0),
        ("", 0.0),
    ],
)
def test_what_a_provider_may_ask_for(said: str, seconds: float) -> None:
    assert asked_pause({"Retry-After": said, "Date": DATE}) == seconds
