"""A dispatcher on a real broker, a real database and a real gateway."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from streams.codec import headers_of
from tests.integration.dispatch.rig import Rig, message, read_all, until, withdrawal


async def test_a_message_is_sent_once_and_receipted(sms: Rig) -> None:
    sms.start()
    one = message()
    await sms.write(one)
    (receipt,) = await sms.receipts(one)
    assert await sms.received() == [one.message_id]
    assert receipt["key"] == one.customer_id.encode()
    assert receipt["headers"]["ce_type"] == "message.delivered.v1"
    assert receipt["headers"]["ce_id"] == f"{one.message_id}/delivered"
    assert receipt["headers"]["ce_source"] == "dunnock/dispatcher-sms"
    assert receipt["data"]["channel"] == "sms"


async def test_a_repeated_request_changes_nothing(sms: Rig) -> None:
    sms.start()
    one, after = message(), message()
    await sms.write(one)
    await sms.receipts(one)
    await sms.write(one, one)
    await sms.write(after)
    assert len(await sms.receipts(one, after)) == 2
    assert await sms.received() == [one.message_id, after.message_id]


async def test_a_withdrawal_behind_the_request_is_seen(sms: Rig) -> None:
    """Both are on the log before the dispatcher starts: the fast reader sees the later one."""
    one, other = message(), message()
    await sms.write(one, other)
    await sms.write(withdrawal(one))
    sms.start()
    assert await sms.settled(one, other) == ["withdrawn", "sent"]
    assert (await sms.row(one.message_id))["reason"] == "paid"
    assert await sms.received() == [other.message_id]
    assert {r["data"]["message_id"] for r in await sms.receipts(other)} == {other.message_id}


async def test_an_expired_message_fails(sms: Rig) -> None:
    sms.start()
    one = message(not_after=datetime.now(UTC) - timedelta(seconds=1))
    await sms.write(one)
    (receipt,) = await sms.receipts(one)
    assert receipt["headers"]["ce_type"] == "message.failed.v1"
    assert receipt["data"]["detail"] == {"reason": "not_after", "state": "expired"}
    assert await sms.received() == []


async def test_a_provider_in_trouble_is_tried_again(sms: Rig) -> None:
    await sms.faults(error_rate=1)
    sms.start()
    one = message()
    await sms.write(one)

    async def tried() -> bool | None:
        return (await sms.row(one.message_id)).get("attempts", 0) >= 3 or None

    await until(tried)
    await sms.faults()
    assert await sms.settled(one) == ["sent"]
    assert await sms.received() == [one.message_id]


async def test_tries_end_with_not_after(sms: Rig) -> None:
    await sms.faults(error_rate=1)
    sms.start()
    one = message(not_after=datetime.now(UTC) + timedelta(seconds=1.5))
    await sms.write(one)
    (receipt,) = await sms.receipts(one)
    assert receipt["data"]["detail"] == {"reason": "gave_up", "state": "failed"}


async def test_a_message_withdrawn_while_the_gateway_is_away_is_not_sent(sms: Rig) -> None:
    await sms.faults(error_rate=1)
    sms.start()
    one = message()
    await sms.write(one)

    async def claimed() -> bool | None:
        return (await sms.row(one.message_id))["state"] == "claimed" or None

    await until(claimed)
    await sms.write(withdrawal(one))
    assert await sms.settled(one) == ["withdrawn"]


async def test_a_lost_answer_is_asked_for(sms: Rig) -> None:
    await sms.faults(garbage=True)
    sms.start()
    one = message()
    await sms.write(one)

    async def taken() -> bool | None:
        return await sms.received() == [one.message_id] or None

    await until(taken)
    await sms.faults()
    assert await sms.settled(one) == ["sent"]
    assert await sms.received() == [one.message_id]


async def test_a_hanging_gateway_holds_back_only_its_own_messages(sms: Rig) -> None:
    sms.start()
    await sms.faults(hang=True)
    first = message()
    await sms.write(first)
    await asyncio.sleep(0.5)
    await sms.faults()
    second = message(customer_id=first.customer_id)
    third = message()
    await sms.write(second, third)
    assert await sms.settled(first, second, third) == ["sent"] * 3
    order = await sms.received()
    assert order.index(first.message_id) < order.index(second.message_id)


async def test_an_undecodable_record_becomes_a_dead_letter(sms: Rig) -> None:
    sms.start()
    after = message()
    await asyncio.to_thread(sms.writer.write_raw, "sms", b"c-1", b"\xff\x00")
    await sms.write(after)
    assert await sms.settled(after) == ["sent"]

    async def letters() -> list[dict[str, object]] | None:
        return await asyncio.to_thread(read_all, sms.kafka, f"{sms.prefix}dead-letters") or None

    (letter,) = await until(letters)
    assert letter["value"] == b"\xff\x00"
    assert letter["headers"]["dl_reason"] == "bad_envelope"  # type: ignore[index]
    assert letter["headers"]["dl_topic"] == "messages.sms"  # type: ignore[index]


async def test_a_strangers_headers_become_dead_letters(sms: Rig) -> None:
    """A null or undecodable header of the envelope; in others nobody looks."""
    sms.start()
    bad: dict[str, bytes | None] = {
        "ce_type": None,
        "ce_id": None,
        "ce_time": b"\xff\xfe",
        "ce_source": b"\xff",
    }
    foreign = message()
    for name, text in bad.items():
        await asyncio.to_thread(
            sms.writer.write_raw, "sms", b"c-1", b"{}", _requested({name: text})
        )
    fields = foreign.model_dump_json(exclude_none=True).encode()
    theirs = _requested({"traceparent": None, "x": b"\xff"})
    key = foreign.customer_id.encode()
    await asyncio.to_thread(sms.writer.write_raw, "sms", key, fields, theirs)
    assert await sms.settled(foreign) == ["sent"]

    async def letters() -> list[dict[str, object]] | None:
        found = await asyncio.to_thread(read_all, sms.kafka, f"{sms.prefix}dead-letters")
        return found if len(found) >= len(bad) else None

    reasons = [letter["headers"]["dl_reason"] for letter in await until(letters)]  # type: ignore[index]
    assert reasons == ["bad_envelope"] * len(bad)


def _requested(changes: dict[str, bytes | None]) -> list[tuple[str, bytes | None]]:
    """The headers of a message, some of them changed."""
    ours = dict(headers_of("message.requested.v1", "m-1/requested", datetime.now(UTC)))
    return list((ours | changes).items())


async def test_mail_arrives(mail: Rig) -> None:
    mail.start()
    one = message("email")
    await mail.write(one)
    (receipt,) = await mail.receipts(one)
    assert receipt["headers"]["ce_type"] == "message.delivered.v1"
    assert await mail.received() == [one.message_id]


async def test_mail_of_unknown_outcome_is_never_repeated(mail: Rig) -> None:
    await mail.faults(hang=True)
    mail.start()
    one = message("email")
    await mail.write(one)
    (receipt,) = await mail.receipts(one)
    assert receipt["headers"]["ce_type"] == "message.failed.v1"
    assert receipt["data"]["detail"]["state"] == "unknown"
    await mail.faults()
    await asyncio.sleep(1.5)
    assert await mail.received() == []


async def test_mail_refused_for_now_is_repeated(mail: Rig) -> None:
    await mail.faults(error_rate=1)
    mail.start()
    one = message("email")
    await mail.write(one)

    async def tried() -> bool | None:
        return (await mail.row(one.message_id)).get("attempts", 0) >= 2 or None

    await until(tried)
    await mail.faults()
    assert await mail.settled(one) == ["sent"]
    assert await mail.received() == [one.message_id]


async def test_a_burst_arrives_whole_and_each_once(sms: Rig) -> None:
    """Three hundred at once; how fast is a matter for `make bench-flow`."""
    sms.start()
    many = [message() for _ in range(300)]
    await sms.write(*many)

    async def all_sent() -> bool | None:
        return len(await sms.received()) >= len(many) or None

    await until(all_sent)
    assert sorted(await sms.received()) == sorted(one.message_id for one in many)
