"""What joins debts that are reminded already: the next step, or a first one of its own."""

from __future__ import annotations

from tests.unit.collections.story import POLICY, Story


def test_further_failure_within_a_day_joins_the_next_step() -> None:
    story = Story().owing().wait(hours=5).invoice("i2", 1000).failed("i2")
    assert len(story.reminders) == 1
    story.wait(days=8)
    second = story.reminders[1]
    assert (second.step, second.invoice_ids) == (2, ("i1", "i2"))
    assert second.amount_due is not None
    assert second.amount_due.minor == 5999


def test_further_failure_after_a_day_starts_at_step_one_with_all_items() -> None:
    story = Story().owing().wait(days=2).invoice("i2", 1000).failed("i2")
    assert [one.step for one in story.reminders] == [1, 1]
    assert story.reminders[1].invoice_ids == ("i1", "i2")
    story.wait(days=30)
    assert [one.step for one in story.reminders] == [1, 1, 2, 3]


def test_further_failure_joins_a_day_long_however_late_the_first_reminder_left() -> None:
    story = Story().customer(flags=["dispute"]).invoice().failed().wait(days=3)
    assert story.reminders == []
    story.customer().wait(hours=1).invoice("i2", 1000).failed("i2")
    assert [one.invoice_ids for one in story.reminders] == [("i1",)]
    story.wait(days=8)
    assert [(one.step, one.invoice_ids) for one in story.reminders[1:]] == [(2, ("i1", "i2"))]


def test_another_attempt_on_the_same_invoice_starts_nothing() -> None:
    story = Story().owing().wait(days=3).failed(attempt=2).wait(days=40).failed(attempt=3)
    assert [one.step for one in story.reminders] == [1, 2, 3]


def test_an_item_that_comes_when_no_step_is_left_gets_a_first_reminder_of_its_own() -> None:
    """One step only, and two hours after it another debit fails: not now, but not never."""
    numbers = [row.model_dump() | {"step_days": (0,)} for row in POLICY.reminders.rows]
    once = type(POLICY.reminders).model_validate(POLICY.reminders.model_dump() | {"rows": numbers})
    story = Story(policy=POLICY.model_copy(update={"reminders": once})).owing().wait(hours=2)
    story.invoice("i2").failed("i2").wait(hours=3)
    assert len(story.reminders) == 1
    story.wait(days=30)
    assert [one.invoice_ids for one in story.reminders] == [("i1",), ("i1", "i2")]
