"""What was taken for lost: nothing leaves again that arrived, or for money that went back."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.collections.policy import CollectionsPolicy
from domain.collections.state import Payment
from domain.compliance.rows import CapRule
from tests.unit.collections.story import POLICY, Story

#: 20:50 in Amsterdam, ten minutes before the window closes.
EVENING = dt.datetime(2026, 6, 1, 18, 50, tzinfo=dt.UTC)
UNKNOWN = {"state": "unknown"}
ARRIVED = ["message.delivered.v1", "message.opened.v1"]


def _lost(story: Story, message_id: str, channel: str = "sms") -> Story:
    return story.receipt("message.failed.v1", message_id, channel, detail=UNKNOWN)


def _thanked_in_the_evening(policy: CollectionsPolicy = POLICY) -> Story:
    """Paid by transfer at 20:50; at 21:05 nobody knows what became of the thank-you."""
    story = Story(policy=policy).owing()
    story.receipt("message.delivered.v1", story.reminders[0].message_id)
    story.until(EVENING).payment(method="transfer").wait(minutes=15)
    return _lost(story, story.thanks[0].message_id)


def _paid(story: Story) -> Payment:
    assert story.state is not None
    return story.state.payments["p1"]


def test_a_thank_you_lost_at_night_leaves_again_in_the_morning() -> None:
    """Nothing more is heard of it: the next channel, once."""
    story = _thanked_in_the_evening()
    assert _paid(story).thanks == "owed"
    story.wait(days=2)
    assert [one.channel for one in story.thanks] == ["sms", "push"]
    assert _paid(story).thanks == "sent"


@pytest.mark.parametrize("kind", ARRIVED)
def test_a_thank_you_that_arrived_after_all_is_not_repeated(kind: str) -> None:
    """Owed anew for the morning when its receipt comes."""
    story = _thanked_in_the_evening()
    story.receipt(kind, story.thanks[0].message_id).wait(days=2)
    assert [one.channel for one in story.thanks] == ["sms"]
    assert _paid(story).thanks == "sent"
    assert story.state is not None
    assert story.state.thanks == {}


def test_nobody_is_thanked_again_for_money_that_went_back() -> None:
    """Reversed while the repetition waits for the morning."""
    story = _thanked_in_the_evening().reversal().wait(days=2)
    assert len(story.thanks) == 1
    assert _paid(story).thanks == "cancelled"


def test_a_thank_you_lost_after_its_money_went_back_is_not_repeated() -> None:
    """The reversal first, the receipt of a thank-you that had arrived at first second."""
    story = Story().owing().payment()
    story.receipt("message.delivered.v1", story.thanks[0].message_id).reversal()
    story.receipt("message.failed.v1", story.thanks[0].message_id).wait(days=2)
    assert len(story.thanks) == 1


def test_a_repetition_lost_after_the_first_arrived_is_no_third() -> None:
    """Thank-you and reminder alike: one of the two is with the customer."""
    story = Story().owing()
    first = story.reminders[0].message_id
    _lost(story, first).receipt("message.delivered.v1", first)
    _lost(story, story.reminders[1].message_id, "push")
    assert [one.channel for one in story.reminders] == ["sms", "push"]
    story.payment()
    first = story.thanks[0].message_id
    _lost(story, first).receipt("message.delivered.v1", first)
    _lost(story, story.thanks[1].message_id, "push").wait(days=2)
    assert [one.channel for one in story.thanks] == ["sms", "push"]


@pytest.mark.parametrize("kind", ARRIVED)
def test_a_reminder_that_arrived_after_all_is_not_repeated_in_the_morning(kind: str) -> None:
    """Lost at night, there by midnight; the next step keeps its day."""
    story = Story().owing().until(EVENING).wait(minutes=15)
    first = story.reminders[0].message_id
    _lost(story, first).wait(hours=1)
    story.receipt(kind, first).wait(days=2)
    assert [one.step for one in story.reminders] == [1]
    story.wait(days=5)
    assert [one.step for one in story.reminders] == [1, 2]


@pytest.mark.parametrize("kind", ARRIVED)
def test_a_look_for_a_reminder_that_arrived_decides_nothing(kind: str) -> None:
    """The receipt comes while the log is read for the repetition."""
    story = Story().owing()
    story.holds_looks = True
    first = story.reminders[0].message_id
    _lost(story, first)
    assert len(story.looks) == 1
    story.receipt(kind, first).decide_looks().wait(hours=2)
    assert len(story.reminders) == 1


def test_a_receipt_of_an_earlier_step_stops_no_later_one() -> None:
    """Step one arrives late; step two was lost and is repeated all the same."""
    story = Story().owing()
    first = story.reminders[0].message_id
    story.wait(days=7)
    story.holds_looks = True
    _lost(story, story.reminders[-1].message_id)
    story.receipt("message.delivered.v1", first).decide_looks()
    assert [one.step for one in story.reminders] == [1, 2, 2]


@pytest.mark.parametrize(("detail", "sent"), [(None, ["sms", "push"]), (UNKNOWN, ["sms"])])
def test_what_failed_does_not_count_towards_a_cap(
    detail: dict[str, str] | None, sent: list[str]
) -> None:
    """It took nobody's time; one of which nobody knows may have."""
    cap = CapRule.model_validate(
        {
            "id": "nl.cap", "kind": "cap", "jurisdiction": "NL", "valid_from": "2026-01-01",
            "source": "test", "at_most": 1, "days": 4,
        }
    )  # fmt: skip
    contact = POLICY.contact.model_copy(update={"rules": (cap,)})
    story = Story(policy=POLICY.model_copy(update={"contact": contact})).owing()
    story.receipt("message.failed.v1", story.reminders[0].message_id, detail=detail)
    assert [one.channel for one in story.reminders] == sent


def test_a_thank_you_that_may_have_arrived_is_corrected_though_not_repeated() -> None:
    """Where the rules say so: nobody knows of it, and its money has gone back meanwhile."""
    retries = POLICY.retries.model_copy(update={"corrects_thanks": True})
    story = _thanked_in_the_evening(POLICY.model_copy(update={"retries": retries}))
    story.reversal().wait(days=1)
    assert len(story.thanks) == 1
    assert story.state is not None
    assert story.state.debits.corrected == ("p1",)
