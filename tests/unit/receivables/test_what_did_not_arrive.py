"""What never reached the customer, or came back, costs them nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.notices.policy import PromisedReceipts
from tests.unit.receivables.fee_story import FeeStory, charging, flat

RECEIVED = "2026-06-04T07:30:00+00:00"
LAPSED = dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)
HOME = {"street": "Kade", "number": "1", "postal_code": "1011 AB", "city": "Amsterdam"}


def _charged(**contact: Any) -> FeeStory:
    story = FeeStory()
    story.customer(contact=contact)
    story.invoice("i1", 10_000, due_on="2026-05-29", kind="purchase", payment_method="link")
    story.until_letter().delivered(RECEIVED).until(LAPSED + dt.timedelta(days=6))
    assert story.amounts == [("claimed", 4_000)]
    return story


def _came_back(story: FeeStory, detail: str) -> FeeStory:
    letter = story.letters[-1]
    at = story.now.isoformat()
    story.receipt("message.failed.v1", letter.message_id, letter.channel, at=at, detail=detail)
    return story


def test_a_mail_that_bounces_after_the_fee_ends_it_and_the_days_begin_anew() -> None:
    """What was taken as received was not: the letter goes by post, and counts from there."""
    story = _came_back(_charged(email="eva@example.org", address=HOME), "hard_bounce")
    assert story.amounts == [("void", 0)]
    assert story.balance == 10_000
    assert story.fee_events[-1] == []
    assert "fee_refused:letter_bounced" in story.not_sent
    story.wait(days=2)
    assert [one.channel for one in story.letters] == ["email", "letter"]
    assert story.letters[-1].amount_due is not None
    assert story.letters[-1].amount_due.minor == 10_000
    story.delivered(story.now.isoformat()).wait(days=25)
    assert story.amounts == [("void", 0), ("claimed", 4_000)]
    assert story.fee_events[-1] == [("i1", 4_000)]
    assert story.balance == 14_000


def test_a_letter_returned_after_the_fee_ends_it() -> None:
    """There is no other way to reach the customer: no fee, and nothing is tried for ever."""
    story = FeeStory()
    story.customer(contact={"address": HOME})
    story.invoice("i1", 10_000, due_on="2026-05-29", kind="purchase", payment_method="link")
    story.until_letter().delivered("2026-06-05T12:00:00+00:00").wait(days=25)
    assert story.amounts == [("claimed", 4_000)]
    _came_back(story, "returned_to_sender")
    assert story.amounts == [("void", 0)]
    assert story.balance == 10_000
    story.wait(days=60)
    assert story.amounts == [("void", 0)]
    assert len(story.letters) == 1


def test_a_fee_that_was_paid_is_given_back_when_its_letter_comes_back() -> None:
    """The money becomes the customer's credit."""
    story = _charged(email="eva@example.org").pay(14_000, "2026-06-24T23:00:00+00:00")
    assert story.amounts == [("paid", 4_000)]
    _came_back(story, "hard_bounce")
    assert story.amounts == [("void", 0)]
    assert story.balance == 0
    assert [one["minor"] for one in story.view["credit"]] == [4_000]


def test_a_fee_that_fell_stays_so_whatever_comes() -> None:
    """A receipt for the old letter, much later, and replayed facts change nothing."""
    story = _came_back(_charged(email="eva@example.org"), "hard_bounce")
    old = story.letters[0]
    story.receipt("message.opened.v1", old.message_id, "email", at=story.now.isoformat())
    story.invoice("i9", 100, due_on="2026-12-01", payment_method="link").wait(days=30)
    assert story.amounts == [("void", 0)]


def test_a_letter_that_comes_back_after_a_month_and_a_half_is_no_basis() -> None:
    """Held by a dispute for so long that the notice itself is forgotten."""
    story = FeeStory()
    story.customer(contact={"address": HOME})
    story.invoice("i1", 10_000, due_on="2026-05-29", kind="purchase", payment_method="link")
    story.until_letter().delivered("2026-06-05T12:00:00+00:00")
    who = {"customer_id": "c1", "at": story.now.isoformat(), "by": "anna", "dispute_id": "d1"}
    story.tell("dispute.opened.v1", who).wait(days=50)
    story.customer(contact={"address": HOME, "email": "eva@example.org"})
    for number in range(3):  # notices that go out let the older ones be forgotten
        asked = who | {"currency": "EUR", "message_id": f"m{number}"}
        story.tell("link.requested.v1", {k: v for k, v in asked.items() if k != "dispute_id"})
        story.wait(days=1)
    _came_back(story, "returned_to_sender")
    story.tell("dispute.answered.v1", who | {"upheld": False}).wait(days=3)
    assert story.fees == []


def _german(**contact: Any) -> FeeStory:
    """German rules: 2.50 after the second reminder."""
    story = FeeStory(charging(flat("mahn", "de-mahnkosten", 250)))
    contact = contact or {"mobile": "+4915112345678"}
    story.customer(country="DE", timezone="Europe/Berlin", language="de", contact=contact)
    story.invoice("i1", 10_000, due_on="2026-05-29", kind="purchase", payment_method="link")
    return story


def test_reminders_that_failed_count_for_no_fixed_fee() -> None:
    """Two texts, neither of which arrived: nothing is charged for them."""
    story = _german()
    for _ in range(3):
        story.wait(days=0)
        sent = story.reminders[-1]
        story.receipt("message.failed.v1", sent.message_id, sent.channel, detail="rejected")
        story.wait(days=7)
    assert len(story.reminders) == 3
    assert story.fees == []


def test_a_reminder_that_took_another_channel_counts_once() -> None:
    """The text fails, the mail arrives: one reminder. The fee follows the second one."""
    story = _german(mobile="+4915112345678", email="eva@example.org")
    first = story.reminders[0]
    story.receipt("message.failed.v1", first.message_id, first.channel, detail="rejected")
    story.wait(days=6)
    assert [one.channel for one in story.reminders] == ["sms", "email"]
    assert story.fees == []
    story.wait(days=2)
    assert story.amounts == [("claimed", 250)]


def test_a_reminder_that_did_not_name_a_bill_is_none_of_it() -> None:
    """A bill that joins at the second step has been named once."""
    story = _german()
    story.wait(hours=1)
    story.invoice("i2", 9_000, due_on="2026-05-30", kind="purchase", payment_method="link")
    story.wait(days=8)
    assert {fee["invoice_id"]: fee["amount"]["minor"] for fee in story.fees} == {"i1": 250}


def test_a_fixed_fee_falls_when_its_reminder_turns_out_lost() -> None:
    """The gateway says so a day later; nothing brings the fee back, not even a late receipt."""
    story = _german()
    story.wait(days=8)
    assert story.amounts == [("claimed", 250)]
    second = story.reminders[1]
    at = story.now.isoformat()
    story.receipt("message.failed.v1", second.message_id, second.channel, at=at, detail="rejected")
    assert story.amounts == [("void", 0)]
    assert story.balance == 10_000
    story.receipt("message.delivered.v1", second.message_id, second.channel, at=at)
    story.invoice("i9", 100, due_on="2026-12-01", payment_method="link")
    assert story.amounts == [("void", 0)]


def test_silence_where_receipts_were_promised_ends_a_fixed_fee() -> None:
    """Nothing is heard of the text that was the second reminder: at that instant the fee falls."""
    story = _german()
    rules = story.policy.delivery.model_copy(
        update={"receipts": (PromisedReceipts(channel="sms", hours=48),)}
    )
    story.policy = story.policy.model_copy(update={"delivery": rules})
    first = story.reminders[0]
    at = story.now.isoformat()
    story.receipt("message.delivered.v1", first.message_id, "sms", at=at)
    story.wait(days=8)
    assert story.amounts == [("claimed", 250)]
    story.wait(days=1, hours=1)
    assert story.amounts == [("void", 0)]
