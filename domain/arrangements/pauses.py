"""Pauses of all clocks, counted in exact days: half-open intervals of local days.

An effective pause is what was granted, cut short by the day on which it was ended. Pauses that
overlap or touch count once. What a pause covers is not counted as days past due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from domain.arrangements.state import Arrangements
from domain.calendar import local_date

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState
    from domain.collections.work import Work

_DAY = dt.timedelta(days=1)
_NEVER = dt.date.max

#: [first paused day, first day that goes on).
Pause = tuple[dt.date, dt.date]


def zone_of(state: CustomerState) -> str:
    """Where the customer lives; UTC as long as nobody knows."""
    return state.profile.facts.timezone if state.profile is not None else "UTC"


def today_of(state: CustomerState, now: dt.datetime) -> dt.date:
    """The date where the customer lives."""
    return local_date(now, zone_of(state))


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same days, without overlaps, in order; empty ones are gone."""
    found: list[Pause] = []
    for begins, ends in sorted(pauses):
        if begins >= ends:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return tuple(found)


def days_of(arrangements: Arrangements, key: str) -> Pause:
    """What was granted under `key`, cut short by the day on which it was ended."""
    hardship, closing = arrangements.hardships[key], arrangements.closings.get(f"hardship|{key}")
    ended_on = closing.ended_on if closing is not None else None
    until = hardship.until or hardship.rule_until
    return hardship.begins, min(until or _NEVER, ended_on or _NEVER)


def resolve_ends(work: Work) -> None:
    """Give each pause without an end of its own that of the rule where the customer lives now.

    From the profile alone, so it is all the same which of the two came first.
    """
    agreed, profile = work.state.arrangements, work.state.profile
    if profile is None or not agreed.hardships:
        return
    country, hardships = profile.facts.country, {}
    for key, one in agreed.hardships.items():
        rule = work.policy.plans.pause(one.kind, country, one.begins)
        days = rule.days if rule is not None and one.until is None else None
        ends = None if days is None else one.begins + days * _DAY
        hardships[key] = one.model_copy(update={"rule_until": ends})
    if hardships != agreed.hardships:
        work.set(arrangements=agreed.model_copy(update={"hardships": hardships}))


def effective_pauses(arrangements: Arrangements) -> tuple[Pause, ...]:
    """The days that are paused; one without an end runs to the end of the calendar."""
    return merged(days_of(arrangements, key) for key in arrangements.hardships)


def days_within(pauses: Iterable[Pause], since: dt.date, before: dt.date) -> int:
    """How many days of [since, before) the merged `pauses` cover."""
    return sum(
        max(0, (min(ends, before) - max(begins, since)).days)
        for begins, ends in pauses
        if begins < before and ends > since
    )


def paused_days(state: CustomerState, before: dt.date, since: dt.date = dt.date.min) -> int:
    """How many days of [since, before) are paused, where the customer lives."""
    if not state.arrangements.hardships:
        return 0
    return days_within(effective_pauses(state.arrangements), since, before)


def running_pause(state: CustomerState, now: dt.datetime) -> Pause | None:
    """The pause that covers today, if one does."""
    if not state.arrangements.hardships:
        return None
    today = today_of(state, now)
    for begins, ends in effective_pauses(state.arrangements):
        if begins <= today < ends:
            return begins, ends
    return None


def effective_days_past_due(state: CustomerState, due_on: dt.date, today: dt.date) -> int:
    """Days since the day after `due_on`, less the paused ones; on the due day itself 0."""
    if today <= due_on:
        return 0
    return (today - due_on).days - paused_days(state, today + _DAY, due_on + _DAY)


def stretched(pauses: Iterable[Pause], since: dt.date, day: dt.date) -> dt.date | None:
    """`day` as much later as merged `pauses` after `since` take away; None: no end is in sight."""
    for begins, ends in pauses:
        first = max(begins, since)
        if ends > first and first <= day:
            if ends == _NEVER:
                return None
            day += ends - first
    return day
