"""A plan or promise on debts written off or handed over: nobody asks beside a collector."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import Story, eur

_PARTS = [("2026-06-05", 3000), ("2026-07-05", 3000), ("2026-08-05", 999)]
_WAYS = [("debt.written-off.v1", {}), ("debt.handed-over.v1", {"collector": "acme"})]


def planned(story: Story) -> Story:
    """Three instalments that pay both invoices, of 49.99 and 20.00."""
    parts = [{"due_on": day, "amount": eur(minor)} for day, minor in _PARTS]
    about = {"plan_id": "pl1", "currency": "EUR", "invoice_ids": ["i1", "i2"]}
    return act(story, "plan.agreed.v1", instalments=parts, **about)


def promised(story: Story, **more: Any) -> Story:
    """Everything by Friday."""
    fields = {"promise_id": "pr1", "amount": eur(6999), "due_on": "2026-06-05"}
    return act(story, "promise.made.v1", **(fields | more))


def give_up(story: Story, *items: str, kind: str = "debt.handed-over.v1", **more: Any) -> Story:
    """All, or the named items."""
    fields = {"collector": "acme"} if kind == "debt.handed-over.v1" else {}
    about = {"invoice_ids": list(items)} if items else {}
    return act(story, kind, approved_by="bob", **(fields | about | more))


def told(story: Story) -> list[str | None]:
    """Kinds of the notices that went out."""
    return [one.notice or one.kind for one in story.messages()[1:]]


def plan_of(story: Story) -> dict[str, Any]:
    plan: dict[str, Any] = story.view["plans"][0]
    return plan


@pytest.mark.parametrize(("kind", "fields"), _WAYS)
def test_a_plan_ends_with_its_debts(kind: str, fields: dict[str, str]) -> None:
    """Neither an instalment nor a delay nor a break is spoken of any more."""
    story = planned(owing_two()).wait(minutes=30)
    give_up(story, kind=kind, **fields)
    assert said(story) == ["plan.ended.v1"]
    (ended,) = story.published("plan.ended.v1")
    assert (ended.data.because, ended.data.state) == ("given_up", "cancelled")
    before = told(story)
    story.wait(days=120)
    assert said(story) == ["plan.ended.v1"]
    assert not {"instalment_due", "plan_late", "plan_broken"} & set(told(story)[len(before) :])


def test_a_plan_that_is_late_when_its_debts_are_given_up_breaks_no_more() -> None:
    """Before the morning in which the customer would have been told."""
    story = planned(owing_two()).until(owing_two().now.replace(day=8, hour=22, minute=5))
    assert said(story) == ["plan.late.v1"]
    give_up(story).wait(days=60)
    assert said(story) == ["plan.late.v1", "plan.ended.v1"]
    assert not {"plan_late", "plan_broken"} & set(told(story))


@pytest.mark.parametrize("ends_by", ["debt.written-off.v1", "plan.cancelled.v1"])
def test_what_waits_for_the_morning_is_not_said_of_a_plan_that_ended_in_the_night(
    ends_by: str,
) -> None:
    """Neither that it was agreed nor that its first instalment falls due."""
    story = planned(owing_two().until(owing_two().now.replace(day=2, hour=22, minute=30)))
    assert story.state is not None
    assert set(story.state.notices.owed) == {"plan|pl1|agreed", "plan|pl1|1"}
    if ends_by == "plan.cancelled.v1":
        act(story, ends_by, plan_id="pl1")
    else:
        give_up(story, kind=ends_by)
    assert story.state.notices.owed == {}


def test_a_plan_agreed_on_what_is_given_up_already_asks_for_nothing() -> None:
    """Whichever came first: who wants a plan with us recalls the debt before."""
    story = planned(give_up(owing_two()))
    assert said(story) == ["plan.ended.v1"]
    before = len(story.messages())
    assert len(story.wait(days=60).messages()) == before


def test_what_is_recalled_is_reminded_as_ever_and_the_plan_stays_ended() -> None:
    story = give_up(planned(owing_two()).wait(minutes=30)).wait(days=2)
    act(story, "debt.recalled.v1").wait(days=20)
    assert said(story) == ["plan.ended.v1"]
    assert [one.step for one in story.reminders][:2] == [1, 1]
    assert story.reminders[1].invoice_ids == ("i1", "i2")


def test_a_plan_of_which_a_part_is_given_up_goes_on_for_the_rest() -> None:
    """49.99 are with a collector: they count as covered, so 20.00 are left to be paid."""
    story = give_up(planned(owing_two()).wait(minutes=30), "i1")
    assert said(story) == []
    assert plan_of(story)["invoice_ids"] == ["i1", "i2"]
    story.until(story.now.replace(month=7, day=4))
    assert told(story).count("instalment_due") == 1
    asking = next(one for one in story.messages() if one.notice == "instalment_due")
    assert "10,01" in asking.body
    assert asking.invoice_ids == ("i2",)
    named = [{"invoice_id": "i2", "amount": eur(2000)}]
    pay(story, "p1", 2000, allocations=named).wait(days=60)
    assert said(story) == ["plan.ended.v1"]
    assert "plan_completed" not in told(story)


def test_a_part_that_is_recalled_is_reminded_and_breaks_no_plan() -> None:
    """The first instalment would have been missed long ago: the plan is about the rest alone."""
    story = give_up(planned(owing_two()).wait(minutes=30), "i1").wait(days=25)
    act(story, "debt.recalled.v1").wait(days=1)
    assert said(story) == []
    assert story.reminders[-1].invoice_ids == ("i1",)
    named = [{"invoice_id": "i2", "amount": eur(2000)}]
    pay(story, "p1", 2000, allocations=named)
    assert said(story) == ["plan.ended.v1"]


def test_what_was_paid_on_a_part_before_it_was_given_up_counts() -> None:
    """Ten euros of i1 came on the plan: with the 39.99 given up 49.99 are covered, as before."""
    story = planned(owing_two()).wait(minutes=30)
    pay(story, "p1", 1000, allocations=[{"invoice_id": "i1", "amount": eur(1000)}])
    give_up(story, "i1")
    assert plan_of(story)["paid"] == eur(1000)
    assert [one["left"]["minor"] for one in plan_of(story)["instalments"]] == [0, 1001, 999]


@pytest.mark.parametrize(("kind", "fields"), _WAYS)
@pytest.mark.parametrize("named", [{}, {"invoice_ids": ["i1", "i2"]}])
def test_a_promise_ends_with_its_debts(
    kind: str, fields: dict[str, str], named: dict[str, Any]
) -> None:
    """It is neither kept nor broken, and nobody is told that it was."""
    story = give_up(promised(owing_two(), **named), kind=kind, **fields)
    assert said(story) == ["promise.ended.v1"]
    (ended,) = story.published("promise.ended.v1")
    assert (ended.data.because, ended.data.state) == ("given_up", "withdrawn")
    story.wait(days=30)
    assert said(story) == ["promise.ended.v1"]
    assert "promise_broken" not in told(story)
    assert story.view["promises"][0]["state"] == "withdrawn"


def test_of_a_promise_in_part_given_up_the_rest_alone_is_waited_for() -> None:
    """69.99 were promised, 49.99 are with a collector: 20.00 on their way break nothing.

    When they are there nothing is left to be promised.
    """
    story = give_up(promised(owing_two()).wait(hours=1), "i1")
    assert said(story) == []
    named = [{"invoice_id": "i2", "amount": eur(2000)}]
    pay(story.wait(days=1), "p1", 2000, allocations=named, provisional=True)
    assert said(story.wait(days=5)) == []
    assert said(story.wait(days=10)) == ["promise.ended.v1"]


def test_a_promise_in_part_given_up_is_broken_for_the_rest() -> None:
    story = give_up(promised(owing_two()).wait(hours=1), "i1").wait(days=10)
    assert said(story) == ["promise.broken.v1"]
