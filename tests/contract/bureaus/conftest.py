"""The real bureau simulator over HTTP, a desk that asks it, and a server that does harm."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from connectors.bureaus.cache import AnswerCache
from connectors.bureaus.desk import Desk
from connectors.bureaus.registry import REGISTRY
from domain.acceptance.checks import ChecksRequested, Subject
from domain.events.applications import Address
from domain.events.customers import PersonName
from runtime.health import serving
from simulators.bureaus import application

EVERY = tuple(REGISTRY)


def request_for(
    family: str = "Jansen",
    providers: tuple[str, ...] = EVERY,
    deadline_ms: int = 5000,
    request_id: str = "R-1",
) -> ChecksRequested:
    return ChecksRequested(
        request_id=request_id,
        application_id="A-1",
        key="C-1",
        revision=1,
        subject=Subject(
            name=PersonName(given="Jan", family=family),
            birth_date=dt.date(1980, 5, 6),
            address=Address(
                street="Laan", number="1 a", postal_code="1234 AB", city="Ede", country="NL"
            ),
        ),
        providers=providers,
        deadline_ms=deadline_ms,
    )


@dataclass
class Bureau:
    """The simulator and how to ask it."""

    desk: Desk
    url: str

    async def post(self, path: str, document: dict[str, Any]) -> None:
        async with self.desk.session.post(self.url + path, json=document) as response:
            assert response.status == 200, await response.text()

    async def received(self) -> list[dict[str, Any]]:
        async with self.desk.session.get(self.url + "/received") as response:
            entries: list[dict[str, Any]] = await response.json()
            return entries

    def at(self, url: str) -> Desk:
        return replace(self.desk, base_url=url)


@pytest.fixture
async def bureau() -> AsyncIterator[Bureau]:
    async with (
        serving(application(), "127.0.0.1", 0) as port,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        url = f"http://127.0.0.1:{port}"
        yield Bureau(Desk(session, url, AnswerCache(None, "secret")), url)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Hostile = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    """Starts a server that answers every question with the given handler; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()
