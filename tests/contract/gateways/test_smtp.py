"""E-mail: what was handed over is never repeated on a guess."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiosmtplib
import pytest

from connectors.gateways import smtp
from connectors.gateways.ports import Accepted, Outgoing, Rejected
from connectors.gateways.smtp import SmtpGateway
from simulators import email
from tests.contract.gateways.conftest import Rig

MESSAGE = Outgoing("m-1", "jo@example.org", "Hello", subject="Hi")


async def test_a_header_can_not_be_smuggled_in(mail: Rig) -> None:
    message = Outgoing("m-1", "jo@example.org", "Hello", subject="Hi\r\nBcc: all@example.org")
    assert await mail.send(message) == Rejected("invalid_mail")
    assert mail.marks == 0


async def test_an_address_that_is_none_is_final(mail: Rig) -> None:
    message = Outgoing("m-1", "<> SIZE=1", "Hello", subject="Hi")
    assert await mail.send(message) == Rejected("invalid_address")
    assert mail.marks == 0


async def test_mails_share_a_connection_and_each_arrives_as_it_was(
    mail: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = _counted(monkeypatch)
    for number in range(3):
        sent = replace(MESSAGE, message_id=f"m-{number}", subject="Für 12 €", body="Grüße\n\nWir\n")
        assert await mail.send(sent) == Accepted()
    received = await mail.received()
    assert [one["message_id"] for one in received] == ["m-0", "m-1", "m-2"]
    assert {(one["subject"], one["body"]) for one in received} == {("Für 12 €", "Grüße\n\nWir\n")}
    assert len(connections) == 1


async def test_a_connection_that_the_server_has_ended_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(email, "_IDLE_S_MAX", 0.05)
    connections = _counted(monkeypatch)
    async with email.smtp_server(email.Mailbox(), "127.0.0.1", 0) as port:
        gateway = SmtpGateway(f"127.0.0.1:{port}", "service@dunnock.example")
        for _ in range(2):
            assert await gateway.send(MESSAGE, _may) == Accepted()
            await asyncio.sleep(0.3)
        await gateway.close()
    assert len(connections) == 2


async def test_connections_of_a_burst_are_left_once_they_are_idle(
    mail: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_KEEP_S_MAX", 0.2)
    connections = _counted(monkeypatch)
    burst = [mail.send(replace(MESSAGE, message_id=f"m-{number}")) for number in range(3)]
    assert await asyncio.gather(*burst) == [Accepted()] * 3
    await asyncio.sleep(0.3)
    assert await mail.send(replace(MESSAGE, message_id="m-3")) == Accepted()
    assert [client.is_connected for client in connections] == [False, False, False, True]


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[aiosmtplib.SMTP]:
    connections: list[aiosmtplib.SMTP] = []
    connect = aiosmtplib.SMTP.connect

    async def counting(client: aiosmtplib.SMTP) -> object:
        connections.append(client)
        return await connect(client)

    monkeypatch.setattr(aiosmtplib.SMTP, "connect", counting)
    return connections


async def _may() -> bool:
    return True
