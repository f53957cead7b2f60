"""Holds and disputes: reminders stop for what is held, and go on when it ends."""

from __future__ import annotations

from tests.unit.arrangements.told import act, owing_two
from tests.unit.collections.story import CUSTOMER


def test_a_dispute_about_one_invoice_leaves_the_other_reminded() -> None:
    """The second reminder names only what is not disputed."""
    story = owing_two()
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1"])
    story.wait(days=8)
    assert story.reminders[-1].step == 2
    assert story.reminders[-1].invoice_ids == ("i2",)


def test_a_dispute_about_all_holds_until_it_is_answered() -> None:
    """Held with its reason; answered against the customer, the step goes on."""
    story = owing_two()
    sent = len(story.reminders)
    act(story, "dispute.opened.v1", dispute_id="d1")
    story.wait(days=20)
    assert len(story.reminders) == sent
    assert story.not_sent[-1] == "dispute"
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    assert story.wait(hours=24).reminders[-1].step == 2


def test_an_upheld_dispute_asks_for_nothing_before_its_credit_note() -> None:
    """What the customer need not pay is not asked for; once credited, it is gone."""
    story = owing_two()
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1", "i2"])
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=True)
    sent = len(story.reminders)
    assert len(story.wait(days=20).reminders) == sent
    credited = {"credited_at": story.now.isoformat(), "customer_id": CUSTOMER}
    for key in ("i1", "i2"):
        note = {"invoice_id": key, "amount": {"minor": 500, "currency": "EUR"}}
        story.tell("invoice.credited.v1", credited | note)
    assert story.wait(days=1).reminders[-1].amount_due.minor == 4999 + 2000 - 1000


def test_a_hold_ends_with_its_day_where_the_customer_lives() -> None:
    """Until the 20th: on the 21st, when the window opens, the reminder leaves."""
    story = owing_two()
    act(story, "hold.placed.v1", hold_id="h1", kind="complaint", until="2026-06-20")
    story.wait(days=18, hours=14)
    assert story.not_sent[-1] == "hold:complaint"
    assert story.now.isoformat() == "2026-06-19T23:15:00+00:00"
    sent = len(story.reminders)
    story.wait(hours=10).customer()
    assert len(story.reminders) == sent, "it is the last day: an event does not let it go"
    story.wait(days=1)
    assert story.reminders[-1].requested_at.isoformat()[:13] == "2026-06-21T06"


def test_a_lifted_hold_lets_the_step_go_on() -> None:
    """Whichever of the two arrives first."""
    story = owing_two()
    act(story, "hold.lifted.v1", hold_id="h1")
    act(story, "hold.placed.v1", hold_id="h1")
    assert story.wait(days=8).reminders[-1].step == 2
    act(story, "hold.placed.v1", hold_id="h2")
    sent = len(story.reminders)
    assert len(story.wait(days=8).reminders) == sent
    act(story, "hold.lifted.v1", hold_id="h2")
    assert story.reminders[-1].step == 3


def test_the_same_hold_twice_is_one_and_other_content_is_refused() -> None:
    """By its own id, whatever the event's."""
    story = owing_two()
    at = story.now.isoformat()
    same = {"customer_id": CUSTOMER, "at": at, "by": "anna", "hold_id": "h1"}
    story.tell("hold.placed.v1", same).tell("hold.placed.v1", same)
    assert story.refused == []
    story.tell("hold.placed.v1", same | {"kind": "legal"})
    assert story.refused == ["conflict"]


def test_a_message_that_may_not_have_left_is_taken_back() -> None:
    """A dispute that arrives after the reminder was asked for withdraws it."""
    story = owing_two()
    act(story, "dispute.opened.v1", dispute_id="d1")
    assert story.withdrawn == [story.reminders[-1].message_id]
