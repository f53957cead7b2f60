"""Time-barred debts: when the clock runs out, what restarts it, and that nobody is asked then."""

from __future__ import annotations

import pytest

from domain.collections.work import Work
from domain.compliance.limitation import clock_of
from domain.compliance.view import contact_view
from tests.unit.collections.story import POLICY, START, Story, eur
from tests.unit.compliance.packs import callable_now, living_in


def owing_since(due_on: str, country: str = "NL", kind: str = "subscription") -> Story:
    """A link invoice that fell due then; nothing was ever paid."""
    story = Story().customer(**living_in(country))
    return story.invoice(due_on=due_on, issued_on=due_on, kind=kind, payment_method="link")


def barred_on(story: Story) -> tuple[str, str]:
    """The first day on which the debt is time-barred, and the row."""
    assert story.state is not None
    assert story.state.profile is not None
    work = Work(story.state, POLICY, story.now)
    book = POLICY.contact.book(story.state.profile.facts.country, story.now.date())
    clock = clock_of(story.state, work.ledger, book, "i1")
    assert clock is not None
    return clock.barred_on.isoformat(), clock.rule


@pytest.mark.parametrize(
    ("country", "region", "kind", "expected"),
    [
        ("NL", None, "subscription", ("2025-03-02", "nl.limitation")),
        ("NL", None, "purchase", ("2022-03-02", "nl.limitation.consumer_purchase")),
        ("DE", None, "subscription", ("2024-01-01", "de.limitation")),
        ("GB", None, "subscription", ("2026-03-02", "uk.limitation")),
        ("GB", "SCT", "subscription", ("2025-03-02", "uk.limitation.scotland")),
        ("US", None, "subscription", ("2023-03-02", "us.limitation")),
        ("US", "CA", "subscription", ("2024-03-02", "us.limitation.ca")),
        ("US", "US-OH", "subscription", ("2026-03-02", "us.limitation.oh")),
        ("FR", None, "subscription", ("2023-03-02", "any.limitation")),
    ],
)
def test_periods(country: str, region: str | None, kind: str, expected: tuple[str, str]) -> None:
    """Of a debt due on 1 March 2020, by country, region and kind."""
    fields = {"region": region} if region else {}
    place = {"country": country, "timezone": "Europe/Amsterdam", "contact": {}} | fields
    story = Story().customer(**place)
    story.invoice(due_on="2020-03-01", issued_on="2020-03-01", kind=kind)
    assert barred_on(story) == expected


def test_the_leap_day_ends_on_the_last_of_february() -> None:
    """29 February 2020 and five years."""
    assert barred_on(owing_since("2020-02-29"))[0] == "2025-03-01"


def test_nobody_is_asked_for_a_time_barred_debt() -> None:
    """Held with the row that says so; shown; not called about either."""
    story = owing_since("2020-03-01")
    assert story.reminders == []
    assert story.state is not None
    note = story.state.not_sent[0]
    assert (note.because, note.rule) == ("time_barred", "nl.limitation")
    assert callable_now(story)["debts"][0]["because"] == "time_barred"
    shown = contact_view(story.state, POLICY, story.now)["limitation"]
    assert shown == [
        {
            "invoice_id": "i1", "barred_on": "2025-03-02", "is_barred": True,
            "rule": "nl.limitation",
        }
    ]  # fmt: skip


def test_one_day_before_it_is_asked_for() -> None:
    """Due on 1 June 2021: until 1 June 2026 it may be asked for, from the next day on not."""
    story = owing_since("2021-06-01")
    assert len(story.reminders) == 1
    story.wait(days=8)
    assert len(story.reminders) == 1
    assert story.not_sent == ["time_barred"]


def test_a_barred_debt_beside_another_is_not_named() -> None:
    """The reminder asks for what may be asked for, and for no more."""
    story = owing_since("2020-03-01").invoice("i2", 3000).failed("i2")
    assert [one.invoice_ids for one in story.reminders] == [("i2",)]
    assert story.reminders[0].amount_due is not None
    assert story.reminders[0].amount_due.minor == 3000


@pytest.mark.parametrize(
    ("paid_at", "expected"),
    [
        ("2024-07-10T10:00:00Z", "2029-07-11"),  # in time: anew from that day
        ("2025-09-01T10:00:00Z", "2025-03-02"),  # too late: what is barred stays barred
    ],
)
def test_a_part_payment_starts_it_anew_while_it_runs(paid_at: str, expected: str) -> None:
    """Acknowledged by payment, five years from then; not once it was over."""
    story = owing_since("2020-03-01").payment(minor=100, received_at=paid_at, method="transfer")
    assert barred_on(story)[0] == expected


def test_a_thank_you_names_no_time_barred_rest() -> None:
    """Paid the young debt; the old one is not asked for beside the thanks."""
    story = owing_since("2020-03-01").invoice("i2", 3000).failed("i2")
    story.payment(minor=3000, allocations=[{"invoice_id": "i2", "amount": eur(3000)}])
    assert [one.amount_due.minor for one in story.thanks if one.amount_due] == [0]
    assert story.thanks[0].payment_link is None


def test_thanks_are_given_for_a_barred_debt_that_is_paid() -> None:
    """Nobody was asked; who pays all the same is thanked."""
    story = owing_since("2020-03-01").payment(received_at=START.isoformat())
    assert len(story.thanks) == 1
