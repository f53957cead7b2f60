"""Which money keeps a promise that names no invoice: what is named for another debt does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.arrangements.test_promises import promised
from tests.unit.arrangements.told import pay, said
from tests.unit.collections.story import Story, eur


def owing(minor: int = 5000) -> Story:
    """One invoice by link, reminded on Monday the first of June."""
    story = Story().customer().invoice("i1", minor, payment_method="link").wait(minutes=15)
    assert story.reminders
    return story


def named(story: Story, minor: int, *items: str, **more: Any) -> Story:
    """Money now that names the items, so much for each."""
    parts = [{"invoice_id": key, "amount": eur(minor)} for key in items]
    return pay(story, f"p{items}", minor * len(items), allocations=parts, **more)


@pytest.mark.parametrize("issued_on", ["2026-05-20", "2026-06-02"])
def test_the_regular_debit_keeps_no_promise_about_another_debt(issued_on: str) -> None:
    """50 euros promised for i1; the subscription of 50 is collected on time: i1 stays open."""
    story = promised(owing(), 5000, "2026-06-12").wait(days=1)
    story.invoice("sub", 5000, issued_on=issued_on, due_on="2026-06-04")
    named(story.wait(days=2), 5000, "sub", method="direct_debit")
    assert said(story) == []
    (view,) = story.view["promises"]
    assert view["received"] == eur(0)
    assert said(story.wait(days=14)) == ["promise.broken.v1"]


def test_money_for_both_counts_for_its_part() -> None:
    """Half of it names the subscription."""
    story = promised(owing(), 5000, "2026-06-12").wait(days=1)
    story.invoice("sub", 5000, due_on="2026-06-04")
    named(story, 2500, "i1", "sub")
    assert story.view["promises"][0]["received"] == eur(2500)
    named(story, 1250, "i1", "sub", method="link")
    assert said(story) == []


def test_the_order_in_which_invoice_and_money_come_is_all_the_same() -> None:
    """Money for an invoice that comes later kept it for as long as nobody knew better."""
    story = promised(owing(), 5000, "2026-06-12").wait(days=1)
    named(story, 5000, "sub", method="direct_debit")
    story.invoice("sub", 5000, due_on="2026-06-04").wait(days=14)
    assert said(story)[-1] == "promise.broken.v1"


def test_a_failed_debit_that_is_collected_again_keeps_it() -> None:
    """It was chased when the promise was made."""
    story = Story().owing().wait(minutes=15)
    promised(story, 4999, "2026-06-12")
    named(story.wait(days=2), 4999, "i1", method="direct_debit")
    assert said(story) == ["promise.kept.v1"]


def test_what_falls_due_during_the_promise_and_was_issued_before_is_promised_too() -> None:
    """The customer promised both, and pays both by name."""
    story = owing().invoice("i2", 2000, payment_method="link", due_on="2026-06-05")
    promised(story, 7000, "2026-06-12")
    named(story, 5000, "i1")
    assert said(story) == []
    named(story.wait(days=1), 2000, "i2")
    assert said(story) == ["promise.kept.v1"]


def test_it_is_kept_when_nothing_of_it_is_open_whatever_comes_later() -> None:
    """A next month's debit that is still to come has nothing to do with it."""
    story = promised(owing(), 6000, "2026-06-12")
    story.invoice("sub", 5000, issued_on="2026-06-02", due_on="2026-06-30")
    named(story.wait(days=1), 5000, "i1")
    assert said(story) == ["promise.kept.v1"]


def test_where_nothing_was_chased_all_money_counts() -> None:
    """A promise before anything is late: nothing tells which debt was meant."""
    story = Story().customer().invoice("sub", 5000, due_on="2026-06-20")
    promised(story, 5000, "2026-06-12")
    named(story.wait(days=1), 5000, "sub", method="direct_debit")
    assert said(story) == ["promise.kept.v1"]
