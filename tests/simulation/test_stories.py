"""Stories of section 4 of the contract, told on the simulated clock with the real rules."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import Any

import orjson
import pytest

from domain.policy.starting import starting_document
from tests.simulation.town_hall import (
    Hall,
    application,
    customer,
    failed,
    invoice,
    open_hall,
    payment,
)

pytestmark = pytest.mark.asyncio

Event = tuple[str, str, dict[str, Any]]
CUSTOMER: Event = ("customers", "customer.updated.v1", customer())
INVOICE: Event = ("invoices", "invoice.issued.v1", invoice())
FAILED: Event = ("failed-direct-debits", "direct-debit.failed.v1", failed())
PAYMENT: Event = ("payments", "payment.received.v1", payment())


async def in_arrears(*more: Event) -> Hall:
    """A hall where Anna's direct debit has failed."""
    hall = await open_hall()
    for event in (CUSTOMER, INVOICE, FAILED, *more):
        hall.publish(*event)
    await hall.settle()
    return hall


async def test_a_failed_debit_becomes_a_reminder_at_once() -> None:
    """In the window: personal, with a link, naming what is due, with its last look."""
    hall = await in_arrears()
    [reminder] = hall.messages("reminder")
    assert reminder["channel"] == "sms"
    assert reminder["to"] == "+31600000001"
    assert reminder["language"] == "nl"
    assert reminder["step"] == 1
    assert reminder["amount_due"] == {"minor": 4999, "currency": "EUR"}
    assert reminder["invoice_ids"] == ["inv-1"]
    assert reminder["payment_link"] in reminder["body"]
    assert {look["topic"] for look in reminder["last_look"]} == {
        "payments",
        "invoices",
        "customers",
        "interactions",
    }
    assert hall.customer("anna")["balance"] == [{"minor": 4999, "currency": "EUR"}]


async def test_steps_follow_after_7_and_14_days_and_then_no_more() -> None:
    """Three steps, the same local time, each firmer."""
    hall = await in_arrears()
    for _ in range(40):
        await hall.advance(days=1)
    assert [(m["step"], m["requested_at"]) for m in hall.messages("reminder")] == [
        (1, "2026-06-01T09:00:00Z"),
        (2, "2026-06-08T09:00:00Z"),
        (3, "2026-06-15T09:00:00Z"),
    ]
    assert len({m["tone"] for m in hall.messages("reminder")}) == 3


async def test_a_payment_stops_the_steps_and_is_thanked_once() -> None:
    """Nobody who has paid is ever reminded."""
    hall = await in_arrears()
    hall.publish(*PAYMENT)
    hall.publish(*PAYMENT)  # the same payment under another ce_id
    await hall.settle()
    await hall.advance(days=30)
    assert [m["step"] for m in hall.messages("reminder")] == [1]
    [thanks] = hall.messages("thank_you")
    assert thanks["caused_by"] == "e-4"
    assert hall.customer("anna")["balance"] == []
    assert hall.dead_letters() == []


async def test_the_payment_that_came_first_leaves_no_reminder() -> None:
    """Paid before the failed debit is known: no reminder, whatever the topics' order."""
    hall = await open_hall()
    for event in (CUSTOMER, INVOICE, PAYMENT, FAILED):
        hall.publish(*event)
    await hall.settle()
    await hall.advance(days=30)
    assert hall.messages("reminder") == []


async def test_the_payment_handled_first_is_thanked_when_its_failed_debit_becomes_known() -> None:
    """Topics have no order: the thank-you must not depend on which batch came first."""
    hall = await open_hall()
    for event in (CUSTOMER, INVOICE):
        hall.publish(*event)
    hall.publish(PAYMENT[0], PAYMENT[1], payment(received_at="2026-05-10T09:00:00Z"))
    await hall.settle()
    assert hall.messages() == []  # on time, as far as anybody knew
    hall.publish(FAILED[0], FAILED[1], failed(failed_at="2026-05-09T06:00:00Z"))
    await hall.settle()
    await hall.advance(days=20)
    assert [m["kind"] for m in hall.messages()] == ["thank_you"]


async def test_an_on_time_debit_that_comes_back_is_not_thanked_for() -> None:
    """Booked, then returned: the failure is later than the money."""
    hall = await open_hall()
    for event in (CUSTOMER, INVOICE):
        hall.publish(*event)
    paid = payment(received_at="2026-05-15T09:00:00Z", method="direct_debit")
    hall.publish(PAYMENT[0], PAYMENT[1], paid)
    await hall.settle()
    hall.publish(FAILED[0], FAILED[1], failed(failed_at="2026-05-18T06:00:00Z"))
    await hall.settle()
    assert hall.messages("thank_you") == []


@pytest.mark.parametrize(
    ("topic", "ce_type", "data", "because"),
    [
        ("customers", "customer.updated.v1", customer(flags=["dispute"]), "flag:dispute"),
        (
            "interactions",
            "contact.opted-out.v1",
            {"customer_id": "anna", "channel": "sms", "at": "2026-06-01T09:00:00Z"},
            "consent",
        ),
        ("payments", "payment.received.v1", payment(), "paid"),
        ("payments", "payment.received.v1", payment(provisional=True), "provisional_payment"),
    ],
)
async def test_what_forbids_a_reminder_withdraws_one_that_may_not_have_left(
    topic: str, ce_type: str, data: dict[str, Any], because: str
) -> None:
    """The dispatcher looks at withdrawals in the transaction that claims the message."""
    hall = await in_arrears()
    hall.publish(topic, ce_type, data, at=hall.now + dt.timedelta(seconds=1))
    await hall.settle()
    withdrawn = hall.outputs("messages.sms", ce_type="message.withdrawn.v1")
    assert [w["because"] for w in withdrawn] == [because]


@pytest.mark.parametrize("order", list(permutations((CUSTOMER, INVOICE, FAILED, PAYMENT))))
async def test_any_order_gives_the_same_ledger_and_fee_status(order: tuple[Event, ...]) -> None:
    """I5, on the engine: one event handled after the other, in every order."""
    hall = await open_hall()
    for topic, ce_type, data in order:
        hall.publish(topic, ce_type, data, ce_id=f"{topic}-1")
        await hall.settle()
    row = hall.customer("anna")
    assert row["balance"] == []
    assert row["waiting"] == []
    assert [(i["invoice_id"], i["state"]) for i in row["invoices"]] == [("inv-1", "paid")]
    await hall.advance(days=20)
    statuses = hall.outputs("fee-status")
    assert len({status["status"] for status in statuses[-1:]}) == 1


async def test_at_night_the_reminder_waits_for_the_window() -> None:
    """22:00 in Amsterdam: deferred to 08:00, spread over ten minutes, looked at again."""
    hall = await open_hall()
    hall.publish(*CUSTOMER)
    hall.publish(*INVOICE)
    await hall.advance(hours=11)
    hall.publish(*FAILED)
    await hall.settle()
    assert hall.messages() == []
    await hall.advance(hours=10, minutes=10)
    [reminder] = hall.messages("reminder")
    assert "2026-06-02T06:00:00Z" <= reminder["requested_at"] <= "2026-06-02T06:10:00Z"


async def test_our_own_fault_never_touches_the_customer() -> None:
    """F55: AG02 says that we sent it wrongly."""
    hall = await open_hall()
    hall.publish(*CUSTOMER)
    hall.publish(*INVOICE)
    hall.publish(FAILED[0], FAILED[1], failed(reason_code="AG02"))
    await hall.settle()
    await hall.advance(days=40)
    assert hall.messages() == []


async def test_a_provisional_payment_holds_and_thanks_nobody_until_it_settles() -> None:
    """It settles by itself five TARGET days after it was received."""
    hall = await in_arrears()
    hall.publish(PAYMENT[0], PAYMENT[1], payment(provisional=True, method="direct_debit"))
    await hall.settle()
    assert hall.messages("thank_you") == []
    await hall.advance(days=6)
    assert hall.messages("thank_you") == []
    await hall.advance(days=30)
    assert len(hall.messages("thank_you")) == 1
    assert len(hall.messages("reminder")) == 1


async def test_a_reversal_opens_the_debt_again() -> None:
    """Thanked, reversed: the balance is back."""
    hall = await in_arrears()
    hall.publish(*PAYMENT)
    await hall.settle()
    hall.publish(
        "payments",
        "payment.reversed.v1",
        {
            "payment_id": "pay-1",
            "customer_id": "anna",
            "amount": {"minor": 4999, "currency": "EUR"},
            "reversed_at": "2026-06-01T10:00:00Z",
        },
    )
    await hall.settle()
    assert hall.customer("anna")["balance"] == [{"minor": 4999, "currency": "EUR"}]


async def test_what_never_makes_sense_is_an_orphan_after_30_days() -> None:
    """A failed debit for an invoice nobody has heard of."""
    hall = await open_hall()
    hall.publish(*CUSTOMER)
    hall.publish(*FAILED)
    await hall.settle()
    await hall.advance(days=29)
    assert hall.dead_letters() == []
    await hall.advance(days=2)
    assert hall.dead_letters() == ["orphan"]
    assert hall.messages() == []


async def test_other_content_under_a_known_id_is_a_conflict() -> None:
    """The first one stands."""
    hall = await in_arrears()
    hall.publish(INVOICE[0], INVOICE[1], invoice(amount={"minor": 1, "currency": "EUR"}))
    await hall.settle()
    assert hall.dead_letters() == ["conflict"]
    assert hall.customer("anna")["balance"] == [{"minor": 4999, "currency": "EUR"}]


async def decisions_of(hall: Hall, data: dict[str, Any], key: str | None = None) -> Any:
    """Submit and give the decisions made."""
    hall.publish(
        "applications",
        "application.submitted.v1",
        data,
        key=key or data.get("customer_id") or data["application_id"],
    )
    await hall.settle()
    return hall.outputs("decisions")


@pytest.mark.parametrize(
    ("score", "outcome", "light"),
    [
        (700, "accept", "green"),
        (400, "refer", "amber"),
        (199, "reject", "red"),
        (None, "refer", "amber"),
    ],
)
async def test_the_score_decides(score: int | None, outcome: str, light: str) -> None:
    """The starting policy; no score at all is referred, degraded."""
    hall = await open_hall()
    hall.score = score
    [decision] = await decisions_of(hall, application())
    assert (decision["outcome"], decision["light"]) == (outcome, light)
    assert decision["degraded"] is (score is None)
    assert decision["reasons"]
    assert len(decision["checks"]) == 3


async def test_what_is_missing_comes_back_as_rework_and_is_decided_after_the_amendment() -> None:
    """F03: energy needs a meter number."""
    hall = await open_hall()
    data = application(product={"code": "green", "kind": "energy"})
    [rework] = await decisions_of(hall, data)
    assert rework["outcome"] == "rework"
    assert [gap["field"] for gap in rework["missing"]] == ["attributes.meter_number"]
    hall.publish(
        "applications",
        "application.amended.v1",
        {"application_id": "app-1", "attributes": {"meter_number": "E-1"}},
        key="app-1",
    )
    await hall.settle()
    assert [d["outcome"] for d in hall.outputs("decisions")] == ["rework", "accept"]


async def test_a_customer_with_overdue_debt_is_referred() -> None:
    """F46: our own history is provider number 0."""
    hall = await in_arrears()
    [decision] = await decisions_of(hall, application(customer_id="anna"))
    assert decision["outcome"] == "refer"
    assert decision["customer_id"] == "anna"


async def test_history_is_asked_of_another_partition() -> None:
    """An amendment names the customer, who lives in another partition than the application."""
    hall = await in_arrears()
    hall.score = 700
    await decisions_of(hall, application(product={"code": "green", "kind": "energy"}))
    hall.publish(
        "applications",
        "application.amended.v1",
        {"application_id": "app-1", "customer_id": "anna", "attributes": {"meter_number": "E-1"}},
        key="app-1",
    )
    await hall.settle()
    assert [d["outcome"] for d in hall.outputs("decisions")] == ["rework", "refer"]


async def test_a_published_policy_decides_from_then_on_and_is_named() -> None:
    """Version 2 accepts nobody below 800; an older version that comes later changes nothing."""
    hall = await open_hall()
    starting = starting_document("acceptance")
    newer = orjson.loads(starting) | {"version": 2}
    newer["table"]["thresholds"] |= {"refer_up_to": 800}
    for document in (orjson.dumps(newer), starting):
        for partition in range(hall.cluster.log.partitions):
            hall.cluster.publish("policies", b"acceptance", document, partition=partition)
    await hall.settle()
    [decision] = await decisions_of(hall, application())
    assert decision["policy"] == {"id": "acceptance", "version": 2}
    assert decision["outcome"] == "refer"
    assert hall.dead_letters() == []
