"""That a mail server took a mail is no proof that its reader got it: no term of law begins."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.notices.owner import Owner
from tests.unit.notices.test_arriving import CONTACT
from tests.unit.receivables.fee_story import FeeStory

_AT = "2026-06-04T07:30:00+00:00"


def _told(story: Any, message: Any, kind: str, source: str, at: str = _AT) -> Any:
    data = {"customer_id": "c1", "channel": message.channel, "at": at}
    return story.tell(kind, data | {"message_id": message.message_id}, source=source)


def _lettered() -> FeeStory:
    story = FeeStory().late().until_letter()
    story.until(dt.datetime.fromisoformat(_AT))
    _told(story, story.letters[0], "message.delivered.v1", "dunnock/dispatcher-email")
    return story


def test_what_our_own_dispatcher_hands_over_starts_no_fourteen_days() -> None:
    story = _lettered()
    assert story.letter["state"] == "sent"
    assert "claimable_at" not in story.letter
    story.wait(days=60)
    assert story.fees == []


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("message.delivered.v1", "mail-provider"),
        ("message.opened.v1", "mail-provider"),
        ("link.clicked.v1", "dunnock/pay"),
    ],
)
def test_the_word_of_a_provider_or_of_the_reader_does(kind: str, source: str) -> None:
    """From then on, not from when the server took it."""
    story = _lettered()
    later = "2026-06-08T07:30:00+00:00"
    story.until(dt.datetime.fromisoformat(later))
    _told(story, story.letters[0], kind, source, later)
    assert story.letter["claimable_at"] == "2026-06-22T22:00:00Z"
    story.until(dt.datetime(2026, 6, 22, 22, tzinfo=dt.UTC))
    assert story.amounts == [("claimed", 4_000)]


def test_a_mail_that_was_taken_back_too_late_has_gone_out() -> None:
    """The server had it already: it is not owed any more, and nobody knows when it arrived."""
    story = Owner()
    story.customer(contact=CONTACT)
    story.owe(purpose="collection", channels=("email",))
    message = story.messages()[-1]
    story.customer(contact=CONTACT, flags=["complaint"])
    assert story.sent() is None
    _told(story, message, "message.delivered.v1", "dunnock/dispatcher-email")
    sent = story.sent()
    assert sent is not None
    assert (sent.posted_at is not None, sent.delivered_at) == (True, None)
    story.customer(contact=CONTACT).wait(days=30)
    assert len(story.notices) == 1
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is None


def test_a_text_message_is_delivered_at_the_word_of_its_gateway() -> None:
    story = Owner()
    story.customer(contact=CONTACT)
    story.owe()
    _told(story, story.messages()[-1], "message.delivered.v1", "dunnock/dispatcher-sms")
    sent = story.sent()
    assert sent is not None
    assert sent.delivered_at is not None
