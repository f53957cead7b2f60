"""The letter dispatcher on a real broker, a real database and a print service."""

from __future__ import annotations

from typing import Any

from domain.events.outputs import MessageRequested
from tests.integration.dispatch.rig import Rig, message, withdrawal

POSTAL = {
    "recipient": ["Eva Jansen", "Dam 1", "1012JS Amsterdam", "NL"],
    "sender": ["Dunnock"],
    "brand": "Dunnock",
}


def letter(**changes: Any) -> MessageRequested:
    given = {"postal": POSTAL, "to": "Dam 1 1012JS Amsterdam NL", "subject": "Brief"}
    return message("letter", **(given | changes))


async def test_a_letter_is_printed_and_receipted(letters: Rig) -> None:
    letters.start()
    one = letter(payment_link="https://pay.example/abc")
    await letters.write(one)
    (receipt,) = await letters.receipts(one)
    assert receipt["headers"]["ce_type"] == "message.delivered.v1"
    assert receipt["headers"]["ce_source"] == "dunnock/dispatcher-letter"
    assert await letters.received() == [one.message_id]
    async with letters.http.get(f"{letters.control}/letters/{one.message_id}/pdf") as answer:
        assert (await answer.read()).startswith(b"%PDF-")


async def test_one_without_an_address_fails_so_that_the_next_channel_takes_over(
    letters: Rig,
) -> None:
    letters.start()
    one = letter(postal=None)
    await letters.write(one)
    (receipt,) = await letters.receipts(one)
    assert receipt["headers"]["ce_type"] == "message.failed.v1"
    assert receipt["data"]["detail"] == {"reason": "no_postal_address", "state": "failed"}
    assert await letters.received() == []


async def test_a_withdrawn_letter_is_not_printed(letters: Rig) -> None:
    one, other = letter(), letter()
    await letters.write(one, other)
    await letters.write(withdrawal(one))
    letters.start()
    assert await letters.settled(one, other) == ["withdrawn", "sent"]
    assert await letters.received() == [other.message_id]
