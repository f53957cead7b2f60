"""What the dispatcher relies on, whatever the channel."""

from __future__ import annotations

from connectors.gateways.http import HttpGateway
from connectors.gateways.ports import Accepted, Outgoing, TryLater, Uncertain
from connectors.gateways.smtp import SmtpGateway
from tests.contract.gateways.conftest import Rig

MESSAGE = Outgoing(
    message_id="c-1|reminder|EUR|1",
    to="jo@example.org",
    subject="Uw rekening – herinnering",
    body="Beste Zoë,\n.\ner staat nog € 49,99 open.\nhttps://pay.example/" + "x" * 300,
    language="nl",
)


async def test_a_message_arrives_as_it_was(rig: Rig) -> None:
    assert isinstance(await rig.send(MESSAGE), Accepted)
    (entry,) = await rig.received()
    assert entry["message_id"] == MESSAGE.message_id
    assert entry["to"] == MESSAGE.to
    assert entry["body"] == MESSAGE.body
    assert entry["subject"] == MESSAGE.subject
    assert entry["received_at"]


async def test_an_error_of_the_provider_may_be_tried_again(rig: Rig) -> None:
    await rig.faults(error_rate=1)
    assert isinstance(await rig.send(MESSAGE), TryLater)
    assert await rig.received() == []
    await rig.faults()
    assert isinstance(await rig.send(MESSAGE), Accepted)


async def test_silence_is_uncertain(rig: Rig) -> None:
    await rig.faults(hang=True)
    assert isinstance(await rig.send(MESSAGE), Uncertain)


async def test_babble_is_uncertain_although_it_was_taken(rig: Rig) -> None:
    await rig.faults(garbage=True)
    assert isinstance(await rig.send(MESSAGE), Uncertain)
    assert len(await rig.received()) == 1


async def test_the_mark_comes_before_the_content(rig: Rig) -> None:
    await rig.send(MESSAGE)
    assert rig.marks == 1


async def test_without_the_mark_nothing_leaves(rig: Rig) -> None:
    rig.may_hand_over = False
    assert await rig.send(MESSAGE) == Uncertain("handed_over_before")
    assert await rig.received() == []


async def test_nobody_there_may_be_tried_again(rig: Rig) -> None:
    nowhere = SmtpGateway("127.0.0.1:9", "a@b.example", timeout_s=1)
    assert isinstance(await nowhere.send(MESSAGE, rig.mark), TryLater)
    assert rig.marks == 0
    closed = HttpGateway(rig.http, "http://127.0.0.1:9", timeout_s=1)
    assert isinstance(await closed.send(MESSAGE, rig.mark), TryLater)
