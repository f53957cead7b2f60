"""Days: when the post has brought a letter, when its term is over, when an order holds."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import local_date
from domain.collections.state import CustomerState
from domain.notices.state import NoticeSent
from domain.receivables.post import brought_on, is_delivery_day, received_on, term_ends
from domain.receivables.statutes import LetterTerms
from tests.unit.collections.story import CUSTOMER, POLICY
from tests.unit.receivables.fee_story import COSTS_FIRST, WIK, FeeStory, charging

_ROW = POLICY.charges.statute("nl-wik", dt.date(2026, 6, 1))
assert _ROW is not None
assert _ROW.letter is not None
TERMS: LetterTerms = _ROW.letter
ZONE = "Europe/Amsterdam"
NOBODY = CustomerState(customer_id=CUSTOMER)


@pytest.mark.parametrize(
    ("posted", "brought"),
    [
        ("2026-06-02", "2026-06-04"),  # Tuesday -> Thursday
        ("2026-06-05", "2026-06-09"),  # Friday -> Saturday is one, Sunday and Monday are none
        ("2026-05-13", "2026-05-16"),  # Ascension lies between
        ("2026-04-24", "2026-04-28"),  # King's Day is a Monday
        ("2026-12-23", "2026-12-29"),  # Thursday, then Christmas, Sunday, Monday
        ("2026-04-02", "2026-04-04"),  # Good Friday brings post
        ("2026-04-03", "2026-04-07"),  # Easter does not
    ],
)
def test_the_post_of_the_netherlands(posted: str, brought: str) -> None:
    """Two days of delivery; Sundays, Mondays and holidays bring nothing."""
    found = brought_on(TERMS.post, dt.date.fromisoformat(posted))
    assert found == dt.date.fromisoformat(brought)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)))
def test_letters_come_later_and_never_on_a_closed_day(posted: dt.date) -> None:
    """Whatever the day of posting, and the later posted the later brought."""
    brought = brought_on(TERMS.post, posted)
    assert brought >= posted + dt.timedelta(days=2)
    assert is_delivery_day(TERMS.post, brought)
    assert brought_on(TERMS.post, posted + dt.timedelta(days=1)) >= brought


def _gone(**fields: object) -> NoticeSent:
    at = dt.datetime(2026, 6, 5, 8, tzinfo=dt.UTC)
    known = {"kind": "x", "message_id": "m", "channel": "letter", "at": at}
    return NoticeSent.model_validate(known | fields)


def test_a_letter_counts_from_the_later_reckoning() -> None:
    """That of the notices, or the statute's days of delivery from the day it was posted."""
    early = dt.datetime(2026, 6, 5, 9, tzinfo=dt.UTC)
    late = dt.datetime(2026, 6, 12, 9, tzinfo=dt.UTC)
    assert received_on(TERMS, _gone(delivered_at=early), ZONE) == dt.date(2026, 6, 9)
    assert received_on(TERMS, _gone(delivered_at=late), ZONE) == dt.date(2026, 6, 12)
    posted = {"delivered_at": late, "posted_at": late}
    assert received_on(TERMS, _gone(**posted), ZONE) == dt.date(2026, 6, 16)


def test_no_proof_no_receipt() -> None:
    """Neither a letter on its way nor one that came back was received."""
    at = dt.datetime(2026, 6, 5, 9, tzinfo=dt.UTC)
    assert received_on(TERMS, _gone(), ZONE) is None
    assert received_on(TERMS, _gone(delivered_at=at, failed=True), ZONE) is None
    assert received_on(TERMS, _gone(delivered_at=at, channel="email"), ZONE) == dt.date(2026, 6, 5)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.sampled_from(
    ["Europe/Amsterdam", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]
))  # fmt: skip
def test_the_term_is_fourteen_whole_local_days(received: dt.date, zone: str) -> None:
    """Also over a change of clocks: it ends where the fifteenth day after receipt begins."""
    ends = term_ends(NOBODY, TERMS, received, zone)
    assert ends is not None
    assert local_date(ends, zone) == received + dt.timedelta(days=15)
    assert local_date(ends - dt.timedelta(milliseconds=1), zone) == received + dt.timedelta(days=14)


def test_days_of_grace_come_on_top() -> None:
    """A creditor may wait for money that is still on its way."""
    patient = TERMS.model_copy(update={"grace_days": 3})
    received = dt.date(2026, 6, 4)
    plain, later = (term_ends(NOBODY, terms, received, ZONE) for terms in (TERMS, patient))
    assert plain is not None
    assert later == plain + dt.timedelta(days=3)


def test_an_order_of_allocation_is_nothing_without_a_fee() -> None:
    """It is configured, but she owes no fee: her money pays as the contract says."""
    story = FeeStory(charging(WIK, allocation=(COSTS_FIRST,), days_late=300)).late()
    story.invoice("i2", 9_000, due_on="2026-06-20", payment_method="link")
    story.payment("p1", 12_000)
    assert story.state is not None
    assert story.state.receivables.allocation == ()
    assert {item["invoice_id"]: item["open"]["minor"] for item in story.view["open"]} == {
        "i2": 7_000
    }
