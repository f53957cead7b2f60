"""Consent, preference and what happens when a channel fails."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.collections.story import Story


def _consent(channel: str, purpose: str, at: str, *, granted: bool) -> dict[str, Any]:
    return {"channel": channel, "purpose": purpose, "granted": granted, "at": at}


def _channels(story: Story) -> list[str]:
    return [one.channel for one in story.messages()]


def test_preferred_order_and_missing_addresses() -> None:
    preferences = {"channels": ["letter", "email", "sms"]}
    story = Story().customer(preferences=preferences).invoice().failed()
    assert _channels(story) == ["email"]
    assert story.reminders[0].subject is not None


def test_letter_goes_to_the_postal_address() -> None:
    address = {"street": "Kade", "number": "1", "postal_code": "1011AB", "city": "Amsterdam"}
    story = Story().customer(contact={"address": address}).invoice().failed()
    assert _channels(story) == ["letter"]
    assert story.reminders[0].to == "Kade 1 1011AB Amsterdam"


@pytest.mark.parametrize("purpose", ["collection", "service"])
def test_refusal_closes_the_channel_for_its_purpose(purpose: str) -> None:
    consents = [
        _consent("sms", purpose, "2026-02-01T00:00:00Z", granted=False),
        _consent("sms", purpose, "2026-01-01T00:00:00Z", granted=True),
    ]
    story = Story().customer(consents=consents).invoice().failed().payment()
    closed, other = ("push", "sms")
    expected = [closed, other] if purpose == "collection" else [other, closed]
    assert _channels(story) == expected


def test_opt_out_closes_for_all_purposes_until_a_newer_grant() -> None:
    story = Story().customer().invoice()
    story.receipt("contact.opted-out.v1", channel="sms", at="2026-05-01T00:00:00Z").failed()
    assert _channels(story) == ["push"]
    newer = [_consent("sms", "service", "2026-05-02T00:00:00Z", granted=True)]
    story.customer(consents=newer).payment()
    assert _channels(story) == ["push", "sms"]


def test_a_grant_of_the_same_instant_does_not_undo_an_opt_out() -> None:
    granted = _consent("sms", "collection", "2026-06-01T08:00:00Z", granted=True)
    story = Story().customer(consents=[granted]).invoice()
    story.receipt("contact.opted-out.v1", channel="sms", at="2026-06-01T08:00:00Z").failed()
    assert _channels(story) == ["push"]


def test_a_first_step_lost_after_the_last_is_not_repeated() -> None:
    story = Story().owing().wait(days=20)
    story.receipt("message.failed.v1", story.reminders[0].message_id).wait(days=1)
    assert [one.step for one in story.reminders] == [1, 2, 3]
    story.receipt("message.failed.v1", story.reminders[2].message_id)
    assert [one.step for one in story.reminders] == [1, 2, 3, 3]


def test_opt_out_between_due_and_look_counts() -> None:
    story = Story()
    story.holds_looks = True
    story.owing().receipt("contact.opted-out.v1", channel="sms").decide_looks()
    assert _channels(story) == ["push"]


@pytest.mark.parametrize("detail", [None, {"state": "failed"}, {"state": "unknown"}])
def test_next_channel_takes_over_each_once(detail: Any) -> None:
    story = Story().owing()
    for _ in range(5):
        story.receipt("message.failed.v1", story.reminders[-1].message_id, detail=detail)
    assert _channels(story) == ["sms", "push", "email"]
    assert {one.step for one in story.reminders} == {1}
    assert len({one.message_id for one in story.reminders}) == 3
    assert "no_channel" in story.not_sent
    story.wait(days=8)
    assert story.reminders[-1].step == 2
    assert story.reminders[-1].channel == "sms"


def test_an_expired_message_keeps_its_channel() -> None:
    story = Story().owing()
    story.until(dt.datetime(2026, 6, 1, 19, 5, tzinfo=dt.UTC))
    story.receipt("message.failed.v1", story.reminders[0].message_id, detail={"state": "expired"})
    assert len(story.reminders) == 1
    story.wait(hours=12)
    assert _channels(story) == ["sms", "sms"]
    assert story.reminders[0].message_id != story.reminders[1].message_id


def test_failure_after_payment_reminds_nobody() -> None:
    story = Story().owing().payment()
    story.receipt("message.failed.v1", story.reminders[0].message_id)
    assert len(story.reminders) == 1


def test_a_lost_thank_you_is_taken_over() -> None:
    story = Story().owing().payment()
    story.receipt("message.failed.v1", story.thanks[0].message_id)
    assert [one.channel for one in story.thanks] == ["sms", "push"]
