"""Real servers of the simulators, each with its client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from connectors.gateways.http import HttpGateway
from connectors.gateways.ports import Gateway, Outcome, Outgoing
from connectors.gateways.smtp import SmtpGateway
from runtime.health import serving
from simulators import email, messages

TIMEOUT_S = 0.5


@dataclass
class Rig:
    """A gateway client in front of its simulator."""

    gateway: Gateway
    control: str
    http: aiohttp.ClientSession
    marks: int = 0
    may_hand_over: bool = True

    async def send(self, message: Outgoing) -> Outcome:
        return await self.gateway.send(message, self.mark)

    async def mark(self) -> bool:
        self.marks += 1
        return self.may_hand_over

    async def faults(self, **spec: Any) -> None:
        async with self.http.post(f"{self.control}/faults", json=spec) as answer:
            assert answer.status == 200

    async def received(self) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.control}/received") as answer:
            entries: list[dict[str, Any]] = await answer.json()
            return entries


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sms(http: aiohttp.ClientSession) -> AsyncIterator[Rig]:
    async with serving(messages.application("sms"), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        yield Rig(HttpGateway(http, url, timeout_s=TIMEOUT_S), url, http)


@pytest.fixture
async def mail(http: aiohttp.ClientSession) -> AsyncIterator[Rig]:
    mailbox = email.Mailbox()
    async with (
        email.smtp_server(mailbox, "127.0.0.1", 0) as smtp_port,
        serving(email.application(mailbox), "127.0.0.1", 0) as port,
    ):
        gateway = SmtpGateway(
            f"127.0.0.1:{smtp_port}", "service@dunnock.example", timeout_s=TIMEOUT_S
        )
        yield Rig(gateway, f"http://127.0.0.1:{port}", http)
        await gateway.close()


@pytest.fixture(params=["sms", "mail"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found
