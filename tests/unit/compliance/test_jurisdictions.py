"""One story, told in four countries with the same events: what the strict rows make of it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.unit.collections.story import Story
from tests.unit.compliance.packs import (
    STRICT,
    ZONE_OF,
    asked,
    call,
    callable_now,
    conversation,
    living_in,
    with_contact,
)

LABOUR_DAY = dt.date(2026, 5, 1)


def local(country: str, day: dt.date, hour: int) -> dt.datetime:
    """The hour of the day where the customer lives."""
    zone = ZoneInfo(ZONE_OF[country])
    return dt.datetime.combine(day, dt.time(hour), zone).astimezone(dt.UTC)


def may_weekend(country: str) -> Story:
    """A debit fails on Friday 1 May, they talk about it, another one fails on Sunday."""
    story = Story(local(country, LABOUR_DAY, 10), STRICT)
    story.customer(**living_in(country)).invoice("i1", due_on="2026-04-24")
    story.failed("i1", debtor_country=country)
    conversation(story.wait(hours=1), invoice_ids=["i1"])
    story.until(local(country, dt.date(2026, 5, 3), 14))
    story.invoice("i2", due_on="2026-05-01").failed("i2", debtor_country=country)
    return story.until(local(country, dt.date(2026, 5, 6), 10))


def outcome(country: str) -> dict[str, object]:
    """On which days what was sent, where they live; what they were called about on Wednesday."""
    story = may_weekend(country)
    zone = ZoneInfo(ZONE_OF[country])
    sent = [(one.requested_at.astimezone(zone), one) for one in story.messages()]
    calls = callable_now(story)
    return {
        "days": [f"{at:%a %d}" for at, _ in sent],
        "kinds": [one.notice or one.kind for _, one in sent],
        "by": sorted({note.rule for note in story.state.not_sent if note.rule})
        if story.state
        else [],
        "calls": [debt["allowed"] for debt in calls["debts"]],
    }


def test_the_same_weekend_in_the_netherlands() -> None:
    """The first of May is a working day; Sunday's message waits for Monday."""
    assert outcome("NL") == {
        "days": ["Fri 01", "Mon 04"],
        "kinds": ["reminder", "reminder"],
        "by": ["nl.sunday"],
        "calls": [True, True],
    }


def test_the_same_weekend_in_germany() -> None:
    """The first of May is a holiday: Saturday, then Monday."""
    assert outcome("DE") == {
        "days": ["Sat 02", "Mon 04"],
        "kinds": ["reminder", "reminder"],
        "by": ["de.sunday"],
        "calls": [True, True],
    }


def test_the_same_weekend_in_the_united_kingdom() -> None:
    """Monday is the early May bank holiday: Tuesday."""
    assert outcome("GB") == {
        "days": ["Fri 01", "Tue 05"],
        "kinds": ["reminder", "reminder"],
        "by": ["uk.sunday"],
        "calls": [True, True],
    }


def test_the_same_weekend_in_the_united_states() -> None:
    """Sunday is a day like any; each debt gets its validation notice; one may not be called of."""
    assert outcome("US") == {
        "days": ["Fri 01", "Fri 01", "Sun 03", "Sun 03"],
        "kinds": ["reminder", "validation_notice", "reminder", "validation_notice"],
        "by": [],
        "calls": [False, True],
    }


def test_each_of_the_four_differs_from_the_other_three() -> None:
    """The same events, four outcomes."""
    told = [str(outcome(country)) for country in ("NL", "DE", "GB", "US")]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("country", ["NL", "DE", "GB", "US"])
def test_the_starting_profile_sends_at_once_on_any_day(country: str) -> None:
    """contract.md, section 4: every day from eight to nine in the evening, in every country."""
    story = Story(local(country, dt.date(2026, 5, 3), 14))
    story.customer(**living_in(country)).invoice(due_on="2026-05-01").failed()
    assert len(story.reminders) == 1
    assert story.not_sent == []


def test_a_number_and_an_address_elsewhere_in_the_country_narrow_the_window() -> None:
    """New York by profile, a number of Los Angeles, an address in Hawaii: 14:00 to 21:00 there."""
    contact = {
        "mobile": "+13105557788",
        "address": {"city": "Hilo", "state": "HI", "country": "US"},
    }
    story = Story(local("US", dt.date(2026, 6, 1), 10)).customer(**living_in("US", contact=contact))
    story.invoice().failed()
    assert story.state is not None
    assert story.state.not_sent[0].rule == "us.zones"
    story.wait(days=1)
    first = story.reminders[0].requested_at.astimezone(ZoneInfo("America/New_York"))
    assert (first.hour, first.minute < 10) == (14, True)  # 08:00 in Hilo


def test_a_number_of_the_profile_s_own_zone_or_abroad_narrows_nothing_at_first() -> None:
    """A Dutch number in New York says nothing of where in America somebody is."""
    for mobile in ("+12125557788", "+31612345678", "+13105550123", "+18005557788"):
        contact = {"mobile": mobile}
        story = Story(local("US", dt.date(2026, 6, 1), 9))
        story.customer(**living_in("US", contact=contact)).invoice().failed()
        assert len(story.reminders) == 1, mobile


def test_no_hour_in_common_is_denied_with_its_reason() -> None:
    """Auckland by profile, Amsterdam by number, quiet evenings: nothing is left, and it is said."""
    fields = {"timezone": "Pacific/Auckland", "contact": {"mobile": "+31612345678"}}
    quiet = {"quiet_hours": {"from": "17:00", "to": "12:00"}}
    story = Story(policy=STRICT).customer(**fields, preferences=quiet).invoice().failed()
    verdict = asked(story)
    assert (verdict.action, verdict.because) == ("deny", "no_common_window")
    assert verdict.rule == "nl.zones"


def test_a_message_due_at_22_40_leaves_at_eight_and_is_looked_at_again() -> None:
    """Defect 6, by the gate's own words: deferred to the opening, and asked once more then."""
    late = dt.datetime(2026, 6, 1, 20, 40, tzinfo=dt.UTC)
    story = Story(late).customer().invoice().failed()
    assert story.state is not None
    note = story.state.not_sent[0]
    assert (note.because, note.rule, note.version) == ("window_closed", "window", 1)
    assert note.deferred_to is not None
    story.until(note.deferred_to - dt.timedelta(seconds=1))
    story.payment(received_at=story.now.isoformat())
    story.wait(hours=2)
    assert story.reminders == []


def test_three_debts_one_message_calls_by_debt_and_a_cap_by_person() -> None:
    """Defect 14: bundled; seven calls about one leave two; the cap counts all messages."""
    story = Story(local("US", dt.date(2026, 6, 1), 9)).customer(**living_in("US"))
    for key in ("i1", "i2", "i3"):
        story.invoice(key, payment_method="link", due_on="2026-06-01")
    story.wait(days=1)
    assert [one.invoice_ids for one in story.reminders] == [("i1", "i2", "i3")]
    story.until(local("US", dt.date(2026, 6, 2), 12))
    for _ in range(7):
        call(story, invoice_ids=["i2"])
    allowed = {debt["invoice_id"]: debt["allowed"] for debt in callable_now(story)["debts"]}
    assert allowed == {"i1": True, "i2": False, "i3": True}


def test_the_cap_counts_per_person_over_currencies() -> None:
    """Two a week in Germany: the euro's and the pound's reminders count together."""
    story = Story(local("DE", dt.date(2026, 6, 2), 9), STRICT).customer(**living_in("DE"))
    for key, currency in (("i1", "EUR"), ("i2", "GBP"), ("i3", "USD")):
        amount = {"minor": 4999, "currency": currency}
        story.invoice(key, amount=amount).failed(key, amount=amount, debtor_country="DE")
    assert len(story.reminders) == 2
    assert story.state is not None
    note = story.state.not_sent[-1]
    assert (note.because, note.rule) == ("cap", "de.messages.strict")
    assert note.deferred_to == story.now + dt.timedelta(days=7)
    story.until(note.deferred_to)
    assert len(story.reminders) >= 3


def test_a_cap_of_one_channel_lets_the_next_channel_take_over() -> None:
    """One push a week: the second message is a mail."""
    row = {
        "id": "x", "kind": "cap", "jurisdiction": "NL", "valid_from": "2020-01-01",
        "source": "test", "channels": ["push"], "at_most": 1, "days": 8,
    }  # fmt: skip
    rules = STRICT.contact.model_validate(
        {**STRICT.contact.model_dump(mode="json"), "profile": "contract", "rules": [row]}
    )
    story = Story(policy=with_contact(rules=rules.rules))
    story.customer(preferences={"channels": ["push", "email"]}).invoice().failed().wait(days=8)
    assert [one.channel for one in story.reminders] == ["push", "email"]
