"""What becomes of a notice on its way: receipts, bounces, the post."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.unit.collections.story import Story
from tests.unit.notices.owner import Owner

HOME = {"street": "Dam", "number": "1", "postal_code": "1012JS", "city": "Amsterdam"}
CONTACT = {
    "mobile": "+31612345678",
    "email": "eva@example.org",
    "address": HOME | {"country": "NL"},
}


def _sent(**fields: Any) -> tuple[Owner, str]:
    story = Owner()
    story.customer(contact=CONTACT)
    story.owe(**fields)
    return story, story.notices[-1][1]


def _bounce(story: Story, message_id: str, reason: str, channel: str = "sms") -> None:
    detail = {"reason": reason, "state": "failed"}
    story.receipt("message.failed.v1", message_id, channel, detail=detail)


def test_a_receipt_says_when_it_arrived() -> None:
    story, message_id = _sent()
    story.receipt("message.delivered.v1", message_id, at="2026-06-01T09:00:07Z")
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at == dt.datetime(2026, 6, 1, 9, 0, 7, tzinfo=dt.UTC)


def test_an_opened_message_has_arrived() -> None:
    story, message_id = _sent()
    story.receipt("message.opened.v1", message_id)
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is not None


def test_a_lost_notice_goes_out_over_the_next_channel_under_another_id() -> None:
    story, message_id = _sent()
    _bounce(story, message_id, "http_400")
    assert [channel for channel, _ in story.notices] == ["sms", "email"]
    assert story.notices[1][1] != message_id
    sent = story.sent()
    assert sent is not None
    assert (sent.channel, sent.delivered_at) == ("email", None)


def test_one_that_bounces_after_its_receipt_counts_no_more() -> None:
    story, message_id = _sent(channels=("email",))
    story.receipt("message.delivered.v1", message_id, "email")
    _bounce(story, message_id, "hard_bounce", "email")
    assert story.sent() is None
    assert story.not_sent[-1] == "no_channel"


def test_a_letter_counts_as_delivered_after_the_days_of_the_post() -> None:
    """Handed over on Monday 1 June: five business days later is Monday 8 June."""
    story, message_id = _sent(channels=("letter",))
    story.receipt("message.delivered.v1", message_id, "letter")
    story.wait(days=6, hours=23)
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is None
    story.wait(days=1)
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at == dt.datetime(2026, 6, 8, 9, 0, 1, tzinfo=dt.UTC)


def test_a_letter_that_is_returned_was_never_delivered() -> None:
    story, message_id = _sent(channels=("letter", "email"))
    story.receipt("message.delivered.v1", message_id, "letter")
    story.wait(days=8)
    _bounce(story, message_id, "returned_to_sender", "letter")
    assert [channel for channel, _ in story.notices] == ["letter", "email"]
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is None


def test_a_bad_address_is_not_used_again_until_it_changes() -> None:
    story, message_id = _sent()
    _bounce(story, message_id, "invalid_number")
    story.owe("n2")
    assert story.notices[-1][0] == "email"
    story.customer(contact=CONTACT | {"mobile": "+31687654321"})
    story.owe("n3")
    assert story.notices[-1][0] == "sms"


def test_a_passing_failure_marks_no_address() -> None:
    story, message_id = _sent()
    _bounce(story, message_id, "http_400")
    story.owe("n2")
    assert story.notices[-1][0] == "sms"


def test_a_withdrawn_notice_goes_out_when_what_held_it_is_gone() -> None:
    story = Owner()
    story.customer()
    story.owe(purpose="collection")
    story.customer(flags=["complaint"])
    assert story.withdrawn == [story.notices[0][1]]
    assert story.sent() is None
    story.customer()
    assert len(story.notices) == 2


def test_one_that_had_left_before_its_withdrawal_is_not_sent_twice() -> None:
    story = Owner()
    story.customer()
    story.owe(purpose="collection")
    (first,) = story.notices
    story.customer(flags=["complaint"])
    story.receipt("message.delivered.v1", first[1])
    story.customer()
    assert story.notices == [first]
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is not None


def test_the_view_shows_what_is_owed_what_arrived_and_which_address_is_bad() -> None:
    story, message_id = _sent()
    _bounce(story, message_id, "invalid_number")
    story.owe("n2", kind="unheard_of")
    shown = story.view
    (owed,), (sent,) = shown["notices"]["owed"], shown["notices"]["sent"]
    assert (owed["key"], owed["status"], owed["because"]) == ("n2", "held", "text:unheard_of")
    assert (sent["key"], sent["channel"]) == ("n1", "email")
    assert "notice" not in sent
    assert [(one["channel"], one["because"]) for one in shown["bad_addresses"]] == [
        ("sms", "invalid_number")
    ]


def test_a_notice_that_nobody_could_be_reached_with_leaves_when_the_address_changes() -> None:
    story, message_id = _sent(channels=("email",))
    _bounce(story, message_id, "hard_bounce", "email")
    story.customer(contact=CONTACT)
    assert len(story.notices) == 1
    story.customer(contact=CONTACT | {"email": "new@example.org"})
    assert len(story.notices) == 2
    assert story.messages()[-1].to == "new@example.org"
