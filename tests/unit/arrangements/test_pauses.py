"""Pauses: no contact while they run, and everything goes on after exactly their days."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from domain.arrangements.pauses import days_within, effective_days_past_due, merged, stretched
from tests.unit.arrangements.told import act, owing_two, said
from tests.unit.collections.story import Story

_DAY = dt.timedelta(days=1)
_START = dt.date(2026, 6, 1)
_DAYS = st.integers(0, 120).map(lambda n: _START + n * _DAY)
_PAUSES = st.lists(st.tuples(_DAYS, _DAYS), max_size=6)


def paused(story: Story, kind: str = "breathing_space", /, **more: object) -> Story:
    """From Wednesday the third of June."""
    fields = {"hardship_id": "h1", "kind": kind, "from": "2026-06-03"}
    return act(story, "hardship.granted.v1", **(fields | more))


def british() -> Story:
    """Somebody in London, reminded on the first of June."""
    return owing_two(timezone="Europe/London", country="GB")


def test_a_breathing_space_is_sixty_days_and_the_step_keeps_its_distance() -> None:
    """The second step was planned for the 8th, five days after the pause began on the 3rd.

    The pause ends on the 2nd of August, so it comes on the 7th, at the same wall time.
    """
    story = paused(british())
    story.until(dt.datetime(2026, 8, 7, 8, 0, tzinfo=dt.UTC))
    assert len(story.reminders) == 1
    assert story.wait(hours=2).reminders[-1].step == 2
    first, second = story.reminders
    assert second.requested_at - first.requested_at == dt.timedelta(days=67)
    assert said(story) == ["pause.begun.v1", "pause.ended.v1"]
    (ended,) = story.published("pause.ended.v1")
    assert (ended.data.days, str(ended.data.since)) == (60, "2026-06-03")
    assert story.wait(days=7).reminders[-1].step == 3


def test_a_crisis_has_no_end_of_its_own_and_resumes_where_it_was() -> None:
    """Ended after ninety days: the step comes five days later."""
    story = paused(british(), "mental_health_crisis").wait(days=92)
    assert len(story.reminders) == 1
    act(story, "hardship.ended.v1", hardship_id="h1", ended_on="2026-09-01")
    story.until(dt.datetime(2026, 9, 6, 8, tzinfo=dt.UTC))
    assert len(story.reminders) == 1
    assert story.wait(hours=3).reminders[-1].step == 2


def test_a_pause_cut_short_counts_only_what_was_paused() -> None:
    """Granted for sixty days, ended after ten."""
    story = paused(british()).wait(days=11)
    act(story, "hardship.ended.v1", hardship_id="h1", ended_on="2026-06-13")
    story.until(dt.datetime(2026, 6, 18, 8, tzinfo=dt.UTC))
    assert len(story.reminders) == 1
    assert story.wait(hours=3).reminders[-1].step == 2


def test_a_debt_that_becomes_due_in_a_pause_is_reminded_after_it() -> None:
    """Nothing of its time is left to wait for: at the first opening."""
    story = paused(Story().customer(), "forbearance", until="2026-06-20")
    story.invoice("i1", payment_method="link", due_on="2026-06-05").wait(days=18)
    assert story.reminders == []
    assert story.not_sent[-1] == "hardship:forbearance"
    (only,) = story.wait(days=1).reminders
    assert only.requested_at.isoformat()[:13] == "2026-06-20T06"


def test_a_step_that_was_due_before_the_pause_comes_at_its_end() -> None:
    """Held by something else on the 8th, paused from the 9th to the 19th: nothing is left of it."""
    story = owing_two()
    act(story, "hold.placed.v1", hold_id="o1", until="2026-06-12")
    paused(story, "forbearance", until="2026-06-19", **{"from": "2026-06-09"}).wait(days=30)
    assert [str(one.requested_at)[:10] for one in story.reminders[1:2]] == ["2026-06-19"]


def test_two_pauses_that_overlap_count_once() -> None:
    """The step comes as much later as both together last."""
    story = paused(british(), "forbearance", until="2026-06-13")
    paused(story, "forbearance", hardship_id="h2", until="2026-06-23", **{"from": "2026-06-10"})
    story.wait(days=40)
    assert story.reminders[1].requested_at.date() == dt.date(2026, 6, 28)


def test_days_past_due_stand_still() -> None:
    """Due on the 29th of May: five days late on the 3rd, and so still on the 1st of August."""
    story = paused(british())
    assert story.state is not None
    due_on = dt.date(2026, 5, 29)
    late = [
        effective_days_past_due(story.state, due_on, day)
        for day in (due_on, dt.date(2026, 6, 2), dt.date(2026, 8, 1), dt.date(2026, 8, 2))
    ]
    assert late == [0, 4, 4, 5]


@given(pauses=_PAUSES, since=_DAYS, before=_DAYS)
def test_days_are_counted_once_and_none_is_lost(
    pauses: list[tuple[dt.date, dt.date]], since: dt.date, before: dt.date
) -> None:
    """The same as counting days one by one."""
    span = (since + n * _DAY for n in range(max(0, (before - since).days)))
    one_by_one = sum(any(begins <= day < ends for begins, ends in pauses) for day in span)
    assert days_within(merged(pauses), since, before) == one_by_one


@given(pauses=_PAUSES, since=_DAYS, ahead=st.integers(0, 60))
def test_a_day_is_put_off_so_that_as_many_unpaused_days_lie_before_it(
    pauses: list[tuple[dt.date, dt.date]], since: dt.date, ahead: int
) -> None:
    """Whatever is paused, the time that somebody has stays the same, and the day is no pause."""
    found = merged(pauses)
    day = stretched(found, since, since + ahead * _DAY)
    assert day is not None
    assert (day - since).days - days_within(found, since, day) == ahead
    assert not any(begins <= day < ends for begins, ends in found if ends > since)


def test_a_pause_that_was_over_before_the_debt_makes_nobody_less_late() -> None:
    """The state of arrears leaves out only the paused days after the due date."""
    story = paused(Story().customer(), "forbearance", until="2026-06-10").wait(days=12)
    story.invoice("i1", payment_method="link", due_on="2026-06-12").wait(days=5)
    before = story.published("overdue-state.changed.v1")[-1].data
    assert before.days_past_due == 1
    assert (before.state, str(before.at)[:10]) == ("late", "2026-06-13")
