"""Payment plans: behind, cured, broken, completed; partial payments and days of grace."""

from __future__ import annotations

from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import Story, eur

_PARTS = [("2026-06-05", 3000), ("2026-07-05", 3000), ("2026-08-05", 999)]


def planned(story: Story, **more: object) -> Story:
    """Three instalments that pay both invoices."""
    parts = [{"due_on": day, "amount": eur(minor)} for day, minor in _PARTS]
    fields = {"plan_id": "pl1", "currency": "EUR", "invoice_ids": ["i1", "i2"]}
    return act(story, "plan.agreed.v1", **(fields | {"instalments": parts} | more))


def to_day(story: Story, month: int, day: int) -> Story:
    """Let the clock run to eleven in the morning, in Amsterdam."""
    return story.until(story.now.replace(month=month, day=day, hour=9, minute=0))


def state_of(story: Story) -> tuple[str, int]:
    """How the plan stands, and how many instalments are missed."""
    assert story.state is not None
    plan = story.state.arrangements.plans["pl1"]
    return plan.state, plan.missed


def test_a_plan_paid_to_its_end_asks_for_nothing_else() -> None:
    """Reminders are held from the agreement on, and none comes after it."""
    story = planned(owing_two())
    for number, (month, (_, minor)) in enumerate(zip((6, 7, 8), _PARTS, strict=True)):
        pay(to_day(story, month, 5), f"p{number}", minor)
    assert said(story) == ["plan.completed.v1"]
    assert len(story.wait(days=30).reminders) == 1
    assert "plan" in story.not_sent


def test_an_instalment_is_missed_when_its_days_of_grace_are_over() -> None:
    """The fifth and three days of grace: late with the ninth, where they live."""
    story = planned(owing_two())
    story.until(story.now.replace(day=8, hour=21, minute=59))
    assert state_of(story) == ("running", 0)
    story.wait(minutes=1)
    assert state_of(story) == ("late", 1)
    assert said(story) == ["plan.late.v1"]


def test_a_plan_that_catches_up_is_cured() -> None:
    """Within the ten days; the next instalments go on as agreed."""
    story = planned(owing_two())
    pay(to_day(story, 6, 15), "p1", 3000)
    assert said(story) == ["plan.late.v1", "plan.cured.v1"]
    to_day(story, 7, 5)
    assert state_of(story) == ("running", 0)
    assert len(story.reminders) == 1


def test_a_plan_that_is_not_cured_breaks_and_reminders_begin_anew() -> None:
    """Ten days after the ninth the whole debt is due again; from the first step on."""
    story = planned(owing_two())
    pay(to_day(story, 6, 6), "p1", 1000)
    to_day(story, 6, 21)
    assert said(story) == ["plan.late.v1", "plan.broken.v1"]
    assert len(story.reminders) == 1, "its notice has three days of its own"
    to_day(story, 6, 22)
    (broken,) = story.published("plan.broken.v1")
    assert broken.data.at.isoformat() == "2026-06-18T22:00:00+00:00"
    assert (broken.data.paid.minor, broken.data.missed) == (1000, 1)
    last = story.reminders[-1]
    assert (last.step, last.amount_due.minor) == (1, 5999)
    assert last.requested_at.isoformat()[:13] == "2026-06-22T06"


def test_parts_and_money_paid_ahead_count_together() -> None:
    """Two instalments in three parts before the second: nothing is missed."""
    story = planned(owing_two())
    for number, minor in enumerate((1500, 1600, 2850)):
        pay(to_day(story, 6, 4 + number), f"p{number}", minor)
    to_day(story, 7, 12)
    assert state_of(story) == ("running", 0), "50 cents short of 60 euro is within the tolerance"


def test_more_than_the_tolerance_is_missed() -> None:
    """One euro may be missing, not one cent more."""
    story = planned(owing_two())
    pay(story, "p1", 2899)
    assert state_of(to_day(story, 6, 10)) == ("late", 1)
    pay(story, "p2", 1)
    assert state_of(story) == ("running", 0)


def test_provisional_money_is_not_missing() -> None:
    """A direct debit on its way covers the instalment until it goes back."""
    story = planned(owing_two())
    pay(to_day(story, 6, 8), "p1", 3000, method="direct_debit", provisional=True)
    assert state_of(to_day(story, 6, 10)) == ("running", 0)
    story.reversal("p1", 3000)
    assert state_of(story) == ("late", 1)


def test_other_invoices_are_reminded_beside_the_plan() -> None:
    """Only what the plan names is held."""
    story = planned(owing_two()).invoice("i3", 700, payment_method="link", due_on="2026-06-10")
    assert to_day(story, 6, 11).reminders[-1].invoice_ids == ("i3",)


def test_a_pause_moves_the_instalments() -> None:
    """Twenty paused days before the first: it is missed twenty days later."""
    story = planned(owing_two())
    pause = {"hardship_id": "h", "kind": "forbearance", "from": "2026-06-03", "until": "2026-06-23"}
    act(story, "hardship.granted.v1", **pause)
    assert state_of(to_day(story, 6, 28)) == ("running", 0)
    assert state_of(to_day(story, 6, 29)) == ("late", 1)


def test_a_plan_ended_by_staff_makes_the_debt_due_again() -> None:
    """At once."""
    story = planned(owing_two())
    story.wait(days=2)
    act(story, "plan.cancelled.v1", plan_id="pl1")
    assert story.reminders[-1].step == 1
    assert len(story.reminders) == 2


def test_a_credited_debt_completes_the_plan() -> None:
    """Nothing is left to pay."""
    story = planned(owing_two())
    for key, minor in (("i1", 4999), ("i2", 2000)):
        note = {"invoice_id": key, "amount": eur(minor), "customer_id": "c1"}
        story.tell("invoice.credited.v1", note | {"credited_at": story.now.isoformat()})
    (ended,) = story.published("plan.completed.v1")
    assert ended.data.because == "nothing_open"


def test_plans_that_cannot_be_followed_are_refused() -> None:
    """Another currency, days that do not follow each other, no invoice, a second plan."""
    story = owing_two()
    other = [{"due_on": "2026-06-05", "amount": eur(6999, "USD")}]
    planned(story, instalments=other)
    twice = [{"due_on": "2026-06-05", "amount": eur(3000)}] * 2
    planned(story, instalments=twice).wait(minutes=1)
    planned(story, invoice_ids=[])
    planned(story)
    planned(story, plan_id="pl2")
    assert story.refused == ["plan_currency", "plan_order", "plan_empty", "plan_limit"]


def test_notices_are_owed_before_each_instalment_that_is_not_paid() -> None:
    """The agreement is confirmed; three days before the second it is named, the third is paid."""
    story = planned(owing_two())
    pay(story, "p1", 3000)
    to_day(story, 7, 3)
    assert story.state is not None
    notices = story.state.notices
    known = {*notices.owed, *notices.sent, *notices.ended}
    assert {"plan|pl1|agreed", "plan|pl1|2"} <= known
    assert "plan|pl1|1" not in known
    assert "plan|pl1|3" not in known
