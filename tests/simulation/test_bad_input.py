"""Bad input end to end: one defined outcome each, nothing lost, the next event is processed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from streams.codec import headers_of
from streams.consumer_thread import _records
from tests.simulation.town_hall import (
    START,
    Hall,
    application,
    customer,
    failed,
    invoice,
    open_hall,
    payment,
)

GOOD_PAYMENT = headers_of("payment.received.v1", "e-x", START, "erp")


async def still_works(hall: Hall) -> None:
    """The event after the bad one has its effect."""
    hall.publish("customers", "customer.updated.v1", customer("next"))
    hall.publish("invoices", "invoice.issued.v1", invoice("next", "inv-next"))
    hall.publish("failed-direct-debits", "direct-debit.failed.v1", failed("next", "inv-next"))
    await hall.settle()
    assert [m["customer_id"] for m in hall.messages("reminder")] == ["next"]


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"\xff\xfe\x00", GOOD_PAYMENT, "bad_json"),
        (b"[" * 5000, GOOD_PAYMENT, "bad_json"),
        (b" " * 300_000, GOOD_PAYMENT, "too_large"),
        (b"{}", GOOD_PAYMENT, "invalid"),
        (b"{}", (), "bad_envelope"),
        (None, (), "bad_envelope"),
        (b"{}", headers_of("payment.dreamt.v1", "e-x", START, "erp"), "unknown_type"),
    ],
)
async def test_a_poison_record_is_one_dead_letter_as_it_came(
    value: bytes | None, headers: Any, reason: str
) -> None:
    """The bytes, the key and the headers as they came, with where it stood and why."""
    hall = await open_hall()
    bad = hall.cluster.publish("payments", b"next", value, headers)
    await still_works(hall)
    [letter] = hall.cluster.records("dead-letters")
    found = dict(letter.headers)
    assert (letter.key, letter.value) == (b"next", value)
    assert letter.headers[: len(headers)] == tuple(headers)
    assert found["dl_reason"].decode() == reason
    assert (found["dl_topic"], found["dl_offset"]) == (b"payments", str(bad.offset).encode())
    assert found["dl_partition"] == str(bad.partition).encode()


async def test_garbage_on_every_topic_leaves_the_worker_running() -> None:
    """Also on internal topics and ticks, which anybody with access could write to."""
    hall = await open_hall()
    topics = ("customers", "invoices", "payments", "failed-direct-debits", "applications")
    internal = ("interactions", "internal.check-answers", "internal.history", "policies", "ticks")
    for topic in (*topics, *internal):
        hall.cluster.publish(topic, b"next", b"\x00garbage")
    await still_works(hall)
    assert len(hall.dead_letters()) == len(topics) + len(internal)


async def test_money_in_another_currency_is_credit_and_never_converted() -> None:
    """It does not pay the invoice in euro."""
    hall = await open_hall()
    hall.publish("customers", "customer.updated.v1", customer())
    hall.publish("invoices", "invoice.issued.v1", invoice())
    hall.publish(
        "payments", "payment.received.v1", payment(amount={"minor": 4999, "currency": "GBP"})
    )
    await hall.settle()
    row = hall.customer("anna")
    assert row["balance"] == [{"minor": 4999, "currency": "EUR"}]
    assert row["credit"] == [{"minor": 4999, "currency": "GBP"}]


async def test_everything_about_an_unknown_customer_is_kept_and_then_an_orphan() -> None:
    """Three events, three dead letters after thirty days; no message to anybody."""
    hall = await open_hall()
    hall.publish("invoices", "invoice.issued.v1", invoice())
    hall.publish("payments", "payment.received.v1", payment())
    hall.publish("failed-direct-debits", "direct-debit.failed.v1", failed())
    await hall.settle()
    assert hall.dead_letters() == []
    await hall.advance(days=31)
    assert hall.dead_letters() == ["orphan"] * 3
    assert hall.messages() == []


async def test_the_same_ce_id_again_changes_nothing_whatever_it_says() -> None:
    """(ce_source, ce_id) names the event: even with other content it is the same one."""
    hall = await open_hall()
    hall.publish("customers", "customer.updated.v1", customer())
    hall.publish("invoices", "invoice.issued.v1", invoice(), ce_id="same")
    hall.publish(
        "invoices",
        "invoice.issued.v1",
        invoice(amount={"minor": 1, "currency": "EUR"}),
        ce_id="same",
    )
    await hall.settle()
    assert hall.customer("anna")["balance"] == [{"minor": 4999, "currency": "EUR"}]
    assert hall.dead_letters() == []


async def test_a_refused_event_is_not_remembered() -> None:
    """Each record has its own dead letter; once what was wrong is right, the same ce_id counts."""
    hall = await open_hall()
    hall.publish("customers", "customer.updated.v1", customer())
    wrong = invoice(amount={"minor": -1, "currency": "EUR"})
    for data in (wrong, wrong, invoice(), invoice()):
        hall.publish("invoices", "invoice.issued.v1", data, ce_id="same")
    await hall.settle()
    assert hall.dead_letters() == ["invalid", "invalid"]
    places = [dict(letter.headers)["dl_offset"] for letter in hall.cluster.records("dead-letters")]
    assert len(set(places)) == 2
    assert hall.customer("anna")["balance"] == [{"minor": 4999, "currency": "EUR"}]


async def test_one_application_id_under_two_customers_is_two_applications() -> None:
    """The keys stand for different customers: in one partition a conflict, else two decisions."""
    hall = await open_hall()
    for number in range(8):
        data = application(customer_id=f"c-{number}", attributes={})
        hall.publish("applications", "application.submitted.v1", data)
    await hall.settle()
    decisions = hall.outputs("decisions")
    assert {*hall.dead_letters()} <= {"conflict"}
    assert len(decisions) + len(hall.dead_letters()) == 8
    assert len(decisions) > 1
    assert len({decision["decision_id"] for decision in decisions}) == len(decisions)


async def test_an_application_under_a_foreign_key_is_refused() -> None:
    """Its key is the customer's id, or without one its own."""
    hall = await open_hall()
    data = application()
    hall.publish("applications", "application.submitted.v1", data, key="somebody")
    await hall.settle()
    assert hall.dead_letters() == ["key_mismatch"]
    assert hall.outputs("decisions") == []


async def test_a_very_late_clock_and_dates_far_off_do_no_harm() -> None:
    """Dates in data are facts: they never decide what the time is now."""
    hall = await open_hall()
    hall.publish("customers", "customer.updated.v1", customer())
    hall.publish(
        "invoices", "invoice.issued.v1", invoice(due_on="2199-12-31", payment_method="link")
    )
    hall.publish(
        "invoices",
        "invoice.issued.v1",
        invoice(invoice_id="old", due_on="2023-01-01", payment_method="link"),
    )
    hall.publish(  # its time ran out long ago: it is owed, and nobody is asked for it
        "invoices",
        "invoice.issued.v1",
        invoice(invoice_id="ancient", due_on="1900-01-01", payment_method="link"),
    )
    await hall.settle()
    await hall.advance(days=60)
    assert {tuple(m["invoice_ids"]) for m in hall.messages("reminder")} == {("old",)}


async def test_headers_that_are_not_of_the_envelope_may_hold_anything() -> None:
    """Tracing headers are often binary: the event counts all the same."""
    hall = await open_hall()
    headers = headers_of("customer.updated.v1", "c-1", hall.now, "erp")
    body = orjson.dumps(customer())
    hall.cluster.publish("customers", b"anna", body, (*headers, ("trace", b"\xff")))
    await hall.settle()
    assert hall.dead_letters() == []
    assert hall.customer("anna")["customer_id"] == "anna"


def test_a_header_without_a_value_is_read_as_an_empty_one() -> None:
    """Kafka allows null there; the reader must hand the logic bytes."""
    found = SimpleNamespace(
        partition=0, offset=0, key=b"anna", value=b"{}", headers=(("x", None),), timestamp=0
    )
    [record] = _records("customers", [found])
    assert record.headers == (("x", b""),)
