"""E-mail: what was handed over is never repeated on a guess."""

from __future__ import annotations

from connectors.gateways.ports import Outgoing, Rejected
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
