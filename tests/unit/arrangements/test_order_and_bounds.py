"""Whatever comes first, comes twice, comes late, or is beyond all bounds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.arrangements.pauses import days_of
from domain.arrangements.state import Closing
from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import CUSTOMER, START, Story, eur


def _promised(story: Story, minor: int, **more: object) -> Story:
    fields = {"promise_id": "pr1", "amount": eur(minor), "due_on": "2026-06-05"}
    return act(story, "promise.made.v1", **(fields | more))


def test_more_money_than_one_amount_may_hold_keeps_a_promise() -> None:
    """Two payments of nine tenths of the bound: a sum, not an amount."""
    story = _promised(Story().customer(), 10**15)
    pay(story, "p1", 9 * 10**14)
    pay(story, "p2", 9 * 10**14)
    (kept,) = story.published("promise.kept.v1")
    assert kept.data.received.minor == 18 * 10**14


def test_an_invoice_named_twice_counts_once() -> None:
    """Half of what was promised is not all of it."""
    story = Story().customer().invoice("a", 10000, payment_method="link").wait(minutes=15)
    _promised(story, 5000, invoice_ids=["a", "a"])
    pay(story, "p1", 2500)
    assert said(story) == []
    assert said(story.wait(days=7)) == ["promise.broken.v1"]


@pytest.mark.parametrize("country", ["GB", "NL"])
def test_a_breathing_space_ends_the_same_whether_the_profile_comes_before_or_after(
    country: str,
) -> None:
    """Sixty days in Britain; elsewhere until it is ended."""
    stories = []
    for is_known_first in (True, False):
        story = Story()
        grant = {"hardship_id": "h1", "kind": "breathing_space", "from": "2026-06-03"}
        if is_known_first:
            story.customer(country=country)
        act(story, "hardship.granted.v1", **grant)
        if not is_known_first:
            story.customer(country=country)
        assert story.state is not None
        stories.append(days_of(story.state.arrangements, "h1"))
        at = START.isoformat()
        told = {"customer_id": CUSTOMER, "at": at, "by": "anna", **grant}
        assert story.tell("hardship.granted.v1", told).refused == []
    end = dt.date(2026, 8, 2) if country == "GB" else dt.date.max
    assert stories == [(dt.date(2026, 6, 3), end)] * 2


def test_a_promise_is_taken_before_the_profile_whatever_the_day_is_in_utc() -> None:
    """In Honolulu it is still the day that was named."""
    now = START.replace(hour=3)
    for comes_first in (True, False):
        story = Story(now)
        if not comes_first:
            story.customer(timezone="Pacific/Honolulu")
        _promised(story, 4999, due_on="2026-05-31")
        assert story.refused == []


def test_a_pause_granted_for_the_past_puts_off_by_its_days_from_now_on() -> None:
    """Granted on the 9th from March to the 12th: the second step has run on until then."""
    story = owing_two().wait(days=8)
    assert [one.step for one in story.reminders] == [1, 2]
    third = story.state.chases["EUR"].step.planned  # type: ignore[union-attr]
    span = {"from": "2026-03-01", "until": "2026-06-12"}
    act(story, "hardship.granted.v1", hardship_id="h1", kind="forbearance", **span)
    story.wait(days=5)
    planned = story.state.chases["EUR"].step.planned  # type: ignore[union-attr]
    assert planned - third == dt.timedelta(days=3)
    (ended,) = story.published("pause.ended.v1")
    assert (ended.data.days, str(ended.data.since)) == (3, "2026-06-09")


def _full(story: Story) -> Story:
    """As many closings of what nobody knows as a row may hold."""
    assert story.state is not None
    closings: dict[str, Any] = {f"hold|x{n}": Closing(at=START, by="anna") for n in range(1000)}
    agreed = story.state.arrangements.model_copy(update={"closings": closings})
    story.state = story.state.model_copy(update={"arrangements": agreed})
    return story


def test_a_hold_that_is_known_can_always_be_lifted() -> None:
    """A thousand closings of unknown holds do not make it last for ever."""
    story = owing_two()
    act(story, "hold.placed.v1", hold_id="h1")
    act(_full(story), "hold.lifted.v1", hold_id="h1")
    assert story.refused == []
    assert story.wait(days=8).reminders[-1].step == 2


def test_one_more_closing_of_something_unknown_is_refused() -> None:
    """With a reason, not in silence."""
    story = act(_full(owing_two()), "hold.lifted.v1", hold_id="nobody-knows")
    assert story.refused == ["row_full"]
