"""What follows at once on an agreement: never at the heels of a reminder, never out of date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.unit.arrangements.told import act, owing_two, pay
from tests.unit.collections.story import Story, eur

#: 08:15 in Amsterdam, three days before the first instalment: its notice has just been asked for.
ANNOUNCED = dt.datetime(2026, 6, 7, 6, 15, tzinfo=dt.UTC)


def _plan(**fields: Any) -> dict[str, Any]:
    instalments = [
        {"due_on": "2026-06-10", "amount": eur(3000)},
        {"due_on": "2026-07-10", "amount": eur(3999)},
    ]
    both = {"invoice_ids": ["i1", "i2"], "instalments": instalments}
    return {"plan_id": "pl", "currency": "EUR"} | both | fields


def _announced() -> tuple[Story, str]:
    story = owing_two()
    act(story, "plan.agreed.v1", **_plan())
    story.until(ANNOUNCED)
    return story, next(
        one.message_id for one in reversed(story.messages()) if one.notice == "instalment_due"
    )


def test_reminders_that_begin_anew_keep_their_distance_from_the_last() -> None:
    """One debt's reminder at nine; at five past another's plan is agreed, and taken back."""
    story = owing_two()
    story.receipt("message.delivered.v1", story.reminders[-1].message_id).wait(minutes=5)
    instalments = [{"due_on": "2026-06-10", "amount": eur(2000)}]
    act(story, "plan.agreed.v1", **_plan(invoice_ids=["i2"], instalments=instalments))
    story.wait(minutes=5)
    act(story, "plan.cancelled.v1", plan_id="pl")
    story.wait(hours=3)
    assert len(story.reminders) == 1
    story.wait(hours=21)
    assert [one.step for one in story.reminders] == [1, 1]
    assert set(story.reminders[-1].invoice_ids) == {"i1", "i2"}


def test_a_broken_promise_does_not_hurry_the_reminder_of_another_debt() -> None:
    """Step two about i1 on 8 June at eleven; the promise about i2 is over on 9 June."""
    story = owing_two()
    promised = {"amount": eur(2000), "due_on": "2026-06-07", "invoice_ids": ["i2"]}
    act(story, "promise.made.v1", promise_id="pr", **promised)
    story.wait(days=12)
    second, third = (one.requested_at for one in story.reminders[-2:])
    assert third - second == dt.timedelta(days=1)


def test_an_instalment_paid_meanwhile_is_announced_no_more() -> None:
    story, message_id = _announced()
    pay(story, "p9", 3000)
    assert message_id in story.withdrawn


def test_an_instalment_of_a_plan_that_is_over_is_announced_no_more() -> None:
    """Nor over the next channel, when the first turns out not to have worked."""
    story, message_id = _announced()
    act(story, "plan.cancelled.v1", plan_id="pl")
    assert message_id in story.withdrawn
    story.receipt("message.failed.v1", message_id, detail={"state": "failed"}).wait(days=1)
    assert sum(one.notice == "instalment_due" for one in story.messages()) == 1
