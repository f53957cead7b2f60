"""Thank-yous: one for each settled payment that touched what was late."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.events.outputs import MessageWithdrawn
from tests.unit.collections.story import Story, payment

NIGHT = dt.datetime(2026, 6, 1, 22, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("method", ["link", "card"])
def test_at_once_at_any_hour(method: str) -> None:
    story = Story().owing().until(NIGHT).payment(method=method)
    [thanks] = story.thanks
    assert thanks.caused_by == "e4"
    assert thanks.amount_due is not None
    assert thanks.amount_due.minor == 0
    assert thanks.payment_link is None
    assert story.view["balance"] == []


def test_transfer_at_night_waits_for_the_window() -> None:
    story = Story().owing().until(NIGHT).payment(method="transfer")
    assert story.thanks == []
    story.wait(hours=9)
    assert len(story.thanks) == 1


def test_reversal_cancels_a_deferred_one() -> None:
    story = Story().owing().until(NIGHT).payment(method="transfer").reversal().wait(hours=12)
    assert story.thanks == []


def test_names_what_remains() -> None:
    story = Story().owing().payment(minor=1999)
    [thanks] = story.thanks
    assert thanks.amount_due is not None
    assert thanks.amount_due.minor == 3000
    assert "€ 30,00" in thanks.body
    assert thanks.payment_link is not None


def test_once_per_payment() -> None:
    story = Story().owing()
    story.tell("payment.received.v1", payment(), ce_id="same")
    story.tell("payment.received.v1", payment(), ce_id="same")
    story.tell("payment.received.v1", payment(), ce_id="other")
    assert len(story.thanks) == 1
    assert story.refused == []


def test_on_time_debits_thank_nobody() -> None:
    story = Story().customer().invoice()
    story.payment(method="direct_debit", received_at="2026-05-29T04:00:00Z").wait(days=10)
    assert story.messages() == []


def test_a_debit_due_on_a_weekend_is_on_time_on_monday() -> None:
    story = Story().customer().invoice(due_on="2026-05-30")
    story.payment(method="direct_debit", received_at="2026-06-01T04:00:00Z")
    assert story.messages() == []


def test_an_overdue_item_never_reminded_is_thanked_for() -> None:
    story = Story(NIGHT).customer().invoice(payment_method="transfer", due_on="2026-05-20")
    story.payment()
    assert story.reminders == []
    assert len(story.thanks) == 1


@pytest.mark.parametrize("flag", ["deceased", "cease_contact", "represented"])
def test_some_flags_hold_thanks(flag: str) -> None:
    story = Story().owing().customer(flags=[flag]).payment()
    assert story.thanks == []
    assert story.not_sent[-1] == f"flag:{flag}"


def test_other_flags_do_not_hold_thanks() -> None:
    story = Story().owing().customer(flags=["dispute"]).payment()
    assert len(story.thanks) == 1


def test_provisional_holds_then_settles_by_its_final_form() -> None:
    story = Story()
    story.holds_looks = True
    story.owing().payment(provisional=True).decide_looks()
    assert story.messages() == []
    assert story.not_sent == ["provisional_payment"]
    assert story.view["open"][0]["state"] == "pending"
    assert story.view["balance"] == [{"minor": 4999, "currency": "EUR"}]
    story.payment()
    assert len(story.thanks) == 1
    assert story.view["balance"] == []


def test_provisional_settles_after_five_target_days() -> None:
    story = Story().owing().payment(method="direct_debit", provisional=True)
    story.until(dt.datetime(2026, 6, 8, 8, 59, tzinfo=dt.UTC))
    assert story.thanks == []
    story.wait(minutes=2)
    assert len(story.thanks) == 1
    story.payment(method="direct_debit")
    assert len(story.thanks) == 1
    assert story.refused == []


def test_provisional_that_is_reversed_lets_the_reminder_go_on() -> None:
    story = Story().customer().invoice().payment(provisional=True).failed()
    assert story.reminders == []
    story.reversal()
    assert len(story.reminders) == 1
    assert story.thanks == []


def test_final_before_provisional_changes_nothing_more() -> None:
    story = Story().owing().payment().payment(provisional=True)
    assert len(story.thanks) == 1
    assert story.view["payments"][0]["provisional"] is False


def test_payment_before_the_failed_debit_is_not_thanked_for() -> None:
    story = Story().customer().invoice().payment(received_at="2026-05-28T09:00:00Z").failed()
    assert story.messages() == []


def test_payment_before_its_late_invoice_is_thanked_for_once() -> None:
    story = Story().customer().payment()
    assert story.thanks == []
    story.invoice(payment_method="link", due_on="2026-05-20").invoice("i2")
    assert len(story.thanks) == 1
    assert story.reminders == []


@pytest.mark.parametrize(
    ("event", "because"),
    [
        (lambda story: story.customer(flags=["deceased"]), "flag:deceased"),
        (lambda story: story.failed(code="MD07", attempt=2), "return_code:MD07"),
        (lambda story: story.receipt("contact.opted-out.v1", channel="sms"), "consent"),
        (lambda story: story.reversal(), "reversed"),
    ],
)
def test_one_that_may_not_have_left_is_withdrawn(event: Any, because: str) -> None:
    story = Story().owing()
    story.receipt("message.delivered.v1", story.reminders[0].message_id).payment()
    event(story.wait(minutes=1))
    assert story.withdrawn == [story.thanks[0].message_id]
    [data] = [one.data for one in story.published("message.withdrawn.v1")]
    assert isinstance(data, MessageWithdrawn)
    assert data.because == because


def test_one_that_has_left_or_may_stand_is_not_withdrawn() -> None:
    story = Story().owing().payment()
    story.customer(flags=["dispute"]).reversal(minor=1)
    assert story.thanks[0].message_id not in story.withdrawn
    story.receipt("message.delivered.v1", story.thanks[0].message_id)
    story.customer(flags=["deceased"])
    assert story.thanks[0].message_id not in story.withdrawn


def test_a_part_paid_on_time_is_not_thanked_for_when_something_else_fails() -> None:
    story = Story().customer().invoice(payment_method="link", due_on="2026-06-02")
    story.payment(minor=1000).wait(days=3)
    assert len(story.reminders) == 1
    story.invoice("i2", due_on="2026-06-03").failed("i2")
    assert story.thanks == []


@pytest.mark.parametrize("is_late_first", [True, False])
def test_the_order_of_invoices_and_payment_leaves_no_trace(is_late_first: bool) -> None:
    due = [("late", "2026-05-20"), ("early", "2026-06-20")]
    (first, first_due), (second, second_due) = due if is_late_first else reversed(due)
    story = Story().customer().invoice(first, payment_method="link", due_on=first_due).payment()
    story.invoice(second, payment_method="link", due_on=second_due)
    [thanks] = story.thanks
    assert thanks.invoice_ids == ("late",)
