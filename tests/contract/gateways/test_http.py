"""SMS and push: keys are deduplicated and can be asked for."""

from __future__ import annotations

from connectors.gateways.ports import Absent, Accepted, Outgoing, Rejected, Uncertain
from tests.contract.gateways.conftest import TIMEOUT_S, Rig

MESSAGE = Outgoing("m/1 é", "+31612345678", "Hello")


async def test_a_repeated_key_is_the_same_message(sms: Rig) -> None:
    first = await sms.send(MESSAGE)
    assert await sms.send(MESSAGE) == first
    assert len(await sms.received()) == 1
    assert await sms.gateway.ask(MESSAGE.message_id) == first


async def test_what_is_not_known_is_absent(sms: Rig) -> None:
    assert await sms.gateway.ask(MESSAGE.message_id) == Absent()


async def test_a_lost_answer_is_found_by_asking(sms: Rig) -> None:
    await sms.faults(garbage=True)
    assert isinstance(await sms.send(MESSAGE), Uncertain)
    assert isinstance(await sms.gateway.ask(MESSAGE.message_id), Uncertain)
    await sms.faults()
    assert isinstance(await sms.gateway.ask(MESSAGE.message_id), Accepted)


async def test_an_answer_that_comes_too_late_is_uncertain(sms: Rig) -> None:
    await sms.faults(latency_ms=TIMEOUT_S * 1500)
    assert isinstance(await sms.send(MESSAGE), Uncertain)


async def test_a_refusal_is_final(sms: Rig) -> None:
    refused = Outgoing("", "+31612345678", "Hello")
    assert await sms.send(refused) == Rejected("http_400")
