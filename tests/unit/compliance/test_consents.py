"""The consent ledger: STOP, addresses, proofs, stops and limits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.collections.channels import is_allowed
from domain.compliance.words import is_stop_word
from tests.unit.collections.story import CUSTOMER, POLICY, START, Story, customer
from tests.unit.compliance.packs import act, asked, callable_now, living_in

MOBILE = "+31612345678"


def told(story: Story, text: str, channel: str = "sms", **fields: Any) -> Story:
    """A message from the customer came in."""
    said = {"customer_id": CUSTOMER, "channel": channel, "at": story.now.isoformat(), "text": text}
    return story.tell("message.received.v1", said | fields)


def consent(story: Story, *, granted: bool, at: dt.datetime | None = None, **fields: Any) -> Story:
    """Consent for SMS was recorded."""
    said = {"channel": "sms", "purpose": "collection", "granted": granted} | fields
    if at is not None:
        said["at"] = at.isoformat()
    return act(story, "consent.recorded.v1", **said)


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stopp!", "AFMELDEN", "Abmelden bitte", "Stop sms", "unsubscribe",
     "opt out", "Keine Nachrichten mehr", "leave me alone"],
)  # fmt: skip
def test_words_that_stop(text: str) -> None:
    """In every language, whatever the language of the customer."""
    assert is_stop_word(POLICY.contact, text)


@pytest.mark.parametrize(
    "text",
    ["", "...", "I paid yesterday", "At the end of the month I can pay", "non-stop problems",
     "wann ist Ende der Frist"],
)  # fmt: skip
def test_words_that_do_not(text: str) -> None:
    """A word of the middle, or one that only ends a sentence, stops nothing."""
    assert not is_stop_word(POLICY.contact, text)


@pytest.mark.parametrize("channel", ["sms", "push", "email", "letter"])
def test_stop_closes_the_channel_in_every_channel(channel: str) -> None:
    """For every purpose, with the words as proof; the other channels stay open."""
    address = {"street": "Dam", "number": "1", "city": "Amsterdam"}
    contact = customer()["contact"] | {"address": address}
    story = told(Story().customer(contact=contact), "STOP", channel)
    assert story.state is not None
    for one in ("sms", "push", "email", "letter"):
        for purpose in ("collection", "service"):
            assert is_allowed(story.state, one, purpose) == (one != channel)  # type: ignore[arg-type]
    entry = story.state.compliance.consents[0]
    assert (entry.granted, entry.proof, entry.by) == (False, "STOP", "customer")


def test_stop_above_a_long_quotation_stops() -> None:
    """A mail repeats all that went before; a phrase is only one when it is all there is."""
    assert is_stop_word(POLICY.contact, "Stop\n" + "> Dear Eva, you owe\n" * 5000)
    assert not is_stop_word(POLICY.contact, "opt out" + " please" * 5000)


def test_a_message_that_is_no_stop_changes_no_consent() -> None:
    """It is kept as a contact, and that is all."""
    story = told(Story().customer(), "I paid yesterday")
    assert story.state is not None
    assert is_allowed(story.state, "sms", "collection")
    assert story.state.contacts[-1].type == "message.received.v1"


def test_stop_takes_back_the_message_on_its_way_and_the_next_goes_elsewhere() -> None:
    """The reminder that has not left is withdrawn, noted, and the following one is a push."""
    story = told(Story().owing(), "stop")
    assert story.withdrawn == [story.reminders[0].message_id]
    assert story.not_sent[-1] == "withdrawn:consent"
    story.wait(days=7, hours=1)
    assert [one.channel for one in story.reminders] == ["sms", "push"]


def test_stop_holds_for_the_address_it_came_from() -> None:
    """Another number is another address: nothing was said of it."""
    story = told(Story().customer(), "STOP", address=MOBILE)
    contact = customer()["contact"] | {"mobile": "+31687654321"}
    story.tell("customer.updated.v1", customer(contact=contact), time=story.now)
    assert story.state is not None
    assert is_allowed(story.state, "sms", "collection")


def test_a_grant_for_another_address_does_not_open_this_one() -> None:
    """Only a grant for this one, or for the channel as a whole, does."""
    story = consent(Story().customer(), granted=False)
    consent(story.wait(hours=1), granted=True, address="+31600000000")
    assert story.state is not None
    assert not is_allowed(story.state, "sms", "collection")
    consent(story.wait(hours=1), granted=True, address=MOBILE, proof="form 12")
    assert is_allowed(story.state, "sms", "collection")
    assert not is_allowed(story.state, "sms", "collection", "+31611111111")


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_of_two_at_one_instant_the_refusal_wins(order: tuple[bool, bool]) -> None:
    """In whichever order they come."""
    story = Story().customer()
    for granted in order:
        consent(story, granted=granted, at=START)
    assert story.state is not None
    assert not is_allowed(story.state, "sms", "collection")


@pytest.mark.parametrize("late_first", [True, False])
def test_the_newest_entry_decides_whatever_comes_last(late_first: bool) -> None:
    """A refusal of yesterday that arrives today does not undo today's grant."""
    story = Story().customer()
    entries = [(True, START), (False, START - dt.timedelta(days=1))]
    for granted, at in entries if late_first else reversed(entries):
        consent(story, granted=granted, at=at)
    assert story.state is not None
    assert is_allowed(story.state, "sms", "collection")


def test_contact_that_is_stopped_and_resumed() -> None:
    """Stopped: nothing leaves, thank-yous included. Resumed by channel: that one only."""
    story = act(Story().owing(), "contact.stopped.v1")
    assert (asked(story).because, asked(story).rule) == ("contact_stopped", "contact_stopped")
    story.wait(hours=1).payment(minor=100)
    assert not story.thanks
    act(story.wait(hours=1), "contact.resumed.v1", channels=["email"])
    assert asked(story).channel == "email"
    assert callable_now(story)["rule"] == "contact_stopped"
    act(story.wait(hours=1), "contact.resumed.v1")
    assert callable_now(story)["allowed"] is True
    assert asked(story).channel == "sms"
    act(story.wait(hours=1), "contact.stopped.v1", channels=["sms", "push"])
    assert asked(story).channel == "email"


@pytest.mark.parametrize("order", [("stopped", "resumed"), ("resumed", "stopped")])
def test_stopped_and_resumed_at_one_instant_is_stopped(order: tuple[str, str]) -> None:
    """In whichever order they come."""
    story = Story().owing()
    for what in order:
        act(story, f"contact.{what}.v1")
    assert asked(story).because == "contact_stopped"


def test_an_address_of_somebody_else_is_not_written_to() -> None:
    """The employer's mail address, until the flag is lifted."""
    story = Story().customer(preferences={"channels": ["email", "sms"]}).invoice().failed()
    limit = {"limit_id": "l1", "kind": "third_party", "address": "Eva@Example.org"}
    act(story, "contact.limited.v1", **limit)
    assert asked(story).channel == "sms"
    act(story, "contact.limit-lifted.v1", limit_id="l1")
    assert asked(story).channel == "email"


def test_a_time_that_does_not_suit_defers() -> None:
    """Not on weekdays from nine to five: this Monday at 11:00 it is 17:00 that suits."""
    story = Story().customer().invoice()
    days = ["mon", "tue", "wed", "thu", "fri"]
    limit = {"limit_id": "l1", "kind": "inconvenient_time", "days": days}
    act(story, "contact.limited.v1", **limit, times={"from": "09:00", "to": "17:00"})
    story.failed()
    assert story.not_sent == ["inconvenient_time"]
    story.wait(hours=6, minutes=10)
    sent = story.reminders[0].requested_at
    assert sent.hour == 15  # 17:00 in Amsterdam
    assert sent.minute < 10


def test_no_time_suits_at_all() -> None:
    """Held, not deferred for ever; a lifted limit lets it go."""
    story = Story().customer().invoice()
    act(story, "contact.limited.v1", limit_id="l1", kind="inconvenient_time")
    story.failed()
    verdict = asked(story)
    assert (verdict.action, verdict.because) == ("deny", "inconvenient_time")
    act(story, "contact.limit-lifted.v1", limit_id="l1")
    assert len(story.reminders) == 1


@pytest.mark.parametrize(
    ("region", "waits"),
    [("BY", True), ("BE", False), ("", True)],
)
def test_holidays_that_do_not_suit_defer(region: str, waits: bool) -> None:
    """Corpus Christi is kept in Bavaria, not in Berlin; region unknown: in any part."""
    story = Story(dt.datetime(2026, 6, 4, 9, tzinfo=dt.UTC))
    story.customer(**living_in("DE", region=region or None)).invoice()
    limit = {"limit_id": "l1", "kind": "inconvenient_time", "days": ["holiday"]}
    act(story, "contact.limited.v1", **limit)
    story.failed()
    assert story.not_sent == (["inconvenient_time"] if waits else [])
    story.wait(days=1)
    assert [one.requested_at.day for one in story.reminders] == [5 if waits else 4]
