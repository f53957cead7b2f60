"""`reminders_min` and days since the last one: a reminder that never arrived is none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.collections.story import POLICY, Story
from tests.unit.overdue.test_held import act, changes
from tests.unit.overdue.test_states import rules

REMINDED = rules(
    {"name": "late", "when": {"days_min": 0}},
    {"name": "twice", "when": {"reminders_min": 2}, "services": ["data"]},
)
SINCE = rules({"name": "ignored", "when": {"days_min": 3, "since": "last_reminder"}})


def story_with(overdue: Any, **contact: str) -> Story:
    """Somebody with one address, reminded on Monday the first of June."""
    story = Story(policy=POLICY.model_copy(update={"overdue": overdue}))
    story.customer(contact=contact or {"mobile": "+31612345678"})
    return story.invoice("i1", payment_method="link").wait(minutes=15)


def lost(story: Story, kind: str = "message.failed.v1", **fields: Any) -> Story:
    """What became of the newest message."""
    message = story.messages()[-1]
    at = (story.now + dt.timedelta(minutes=1)).isoformat()
    fields = {"at": at, "channel": message.channel} | fields
    return story.receipt(kind, message.message_id, **fields)


def states(story: Story) -> list[str]:
    return [one.state for one in changes(story)]


def test_two_reminders_of_which_one_is_lost_are_one() -> None:
    story = lost(story_with(REMINDED)).wait(days=8)
    assert [one.step for one in story.reminders] == [1, 2]
    assert states(story) == ["late"]
    assert states(story.wait(days=7)) == ["late", "twice"]


@pytest.mark.parametrize("said", ["failed", "expired", "unknown"])
def test_what_is_lost_later_makes_the_state_better_again(said: str) -> None:
    """Both were under way; the second has failed, expired, or nobody knows of it."""
    story = story_with(REMINDED).wait(days=7, minutes=15)
    assert states(story) == ["late", "twice"]
    lost(story, detail={"state": said})
    assert states(story)[:3] == ["late", "twice", "late"]  # what expired is asked for anew at once


def test_a_reminder_that_arrived_over_another_channel_counts_once() -> None:
    """The text failed, the mail of the same step did not."""
    story = story_with(REMINDED, mobile="+31612345678", email="eva@example.org")
    lost(story).wait(hours=1)
    assert [one.step for one in story.reminders] == [1, 1]
    assert states(story) == ["late"]
    assert states(story.wait(days=7)) == ["late", "twice"]


def test_days_run_from_no_reminder_that_never_arrived() -> None:
    story = lost(story_with(SINCE)).wait(days=6)
    assert states(story) == []
    assert states(story.wait(days=5)) == ["ignored"]


def test_days_run_from_no_reminder_of_another_debt() -> None:
    """The one that was reminded is held; the other is reminded of for the first time later."""
    story = story_with(SINCE)
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1"])
    story.invoice("i2", 500, payment_method="link", due_on="2026-06-20").wait(days=21)
    assert story.reminders[-1].invoice_ids == ("i2",)
    assert states(story) == []
    assert states(story.wait(days=3)) == ["ignored"]


def test_rules_that_look_at_no_reminders_do_not_count_them() -> None:
    assert REMINDED.look_at_reminders
    assert SINCE.look_at_reminders
    assert not POLICY.overdue.look_at_reminders
