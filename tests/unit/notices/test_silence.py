"""Gateways that accept and never confirm, where the provider promises receipts."""

from __future__ import annotations

from domain.notices.policy import PromisedReceipts
from tests.unit.collections.story import POLICY, Story

PROMISED = POLICY.model_copy(
    update={
        "delivery": POLICY.delivery.model_copy(
            update={"receipts": (PromisedReceipts(channel="sms", hours=6),)}
        )
    }
)


def _accepted(story: Story, *, by: str = "dunnock/dispatcher-sms") -> Story:
    message_id = story.messages()[-1].message_id
    data = {"customer_id": "c1", "channel": "sms", "at": "2026-06-01T09:00:01Z"}
    return story.tell("message.delivered.v1", data | {"message_id": message_id}, source=by)


def test_silence_after_acceptance_lets_the_next_channel_take_over_once() -> None:
    story = _accepted(Story(policy=PROMISED).owing())
    story.wait(hours=5, minutes=59)
    assert len(story.reminders) == 1
    story.wait(minutes=2)
    assert [one.channel for one in story.reminders] == ["sms", "push"]
    story.wait(days=3)
    assert len(story.reminders) == 2


def test_the_providers_own_word_ends_the_waiting() -> None:
    story = _accepted(Story(policy=PROMISED).owing())
    _accepted(story, by="provider/sms")
    story.wait(days=3)
    assert len(story.reminders) == 1


def test_a_payment_before_the_silence_ends_leaves_nothing_to_send_again() -> None:
    story = _accepted(Story(policy=PROMISED).owing())
    story.payment()
    story.wait(days=3)
    assert len(story.reminders) == 1


def test_nobodys_silence_means_anything_as_the_product_starts() -> None:
    story = _accepted(Story().owing())
    story.wait(days=3)
    assert len(story.reminders) == 1
    other = Story().owing()
    other.wait(days=3)
    assert len(other.reminders) == 1


def test_a_promise_of_an_hour_is_a_finding() -> None:
    hasty = POLICY.delivery.model_copy(
        update={"receipts": (PromisedReceipts(channel="sms", hours=1),)}
    )
    assert any("silence of 1 h" in line for line in hasty.findings())
    assert PROMISED.delivery.findings() == []
