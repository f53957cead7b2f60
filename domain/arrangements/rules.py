"""Follows what was agreed: kept, broken, paused, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.arrangements import clocks, plan_notices, plans, promises
from domain.arrangements.blocking import restarts_at
from domain.arrangements.pauses import effective_pauses, zone_of
from domain.arrangements.recording import record
from domain.calendar import start_of_day
from domain.collections.work import Work

__all__ = ["conclude", "due", "record"]

_DAY = dt.timedelta(days=1)
_TIMER = "arrangements|next"


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    if work.state.arrangements.is_empty:
        return
    clocks.follow_pauses(work)
    promises.follow(work)
    plans.follow(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """The next instant at which `conclude` has something to do without an event."""
    if work.state.arrangements.is_empty:
        return
    moments = (*_ends_of_holds(work), *_of_pauses(work), *_of_promises(work), *_of_plans(work))
    first = min((moment for moment in moments if moment > work.now), default=None)
    if first is not None:
        yield _TIMER, first


def _ends_of_holds(work: Work) -> Iterator[dt.datetime]:
    agreed, zone = work.state.arrangements, zone_of(work.state)
    for key, hold in agreed.holds.items():
        if hold.until is not None and f"hold|{key}" not in agreed.closings:
            yield start_of_day(hold.until + _DAY, zone)


def _of_pauses(work: Work) -> Iterator[dt.datetime]:
    zone = zone_of(work.state)
    for begins, ends in effective_pauses(work.state.arrangements):
        yield start_of_day(begins, zone)
        if ends < dt.date.max:
            yield start_of_day(ends, zone)


def _of_promises(work: Work) -> Iterator[dt.datetime]:
    for promise in work.state.arrangements.promises.values():
        if promise.state == "kept":
            yield promises.named_until(work, promise)
        elif promise.state == "running":
            deadline = promises.deadline_of(work, promise)
            if deadline is not None:
                yield deadline


def _of_plans(work: Work) -> Iterator[dt.datetime]:
    for plan in work.state.arrangements.plans.values():
        if plan.state == "broken":
            yield restarts_at(work, plan)
        if plan.state not in plans.RUNNING:
            continue
        end = plans.breaks_at(work, plan)
        if end is not None:
            yield end
        for one in plans.schedule_of(work, plan):
            yield one.missed_at
            starts = plan_notices.starts_at(work, plan, one)
            if starts is not None:
                yield starts
