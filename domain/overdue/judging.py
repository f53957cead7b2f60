"""Which state of arrears holds, and of which items: what may not be asked for makes none worse."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from domain.arrangements.blocking import askable
from domain.calendar import local_date
from domain.collections.work import Work
from domain.overdue.policy import Situation, State
from domain.overdue.situation import assess
from domain.overdue.state import Overdue
from domain.overdue.tolerance import counted

CLEAR = "clear"


class Judged(NamedTuple):
    """A state (None: clear), the situation and the items it rests on, when to look again."""

    target: State | None
    at: Situation
    items: tuple[str, ...]
    review_at: dt.datetime | None
    #: As `Overdue.held_at`.
    held_at: str | None = None


def judge(work: Work) -> Judged:
    """The state of the facts. Agreements hold what they are about where it was.

    The situation of what is free alone is asked for only where the whole would be worse.
    """
    whole = _of(work, tuple(work.claims))
    known_at = _held_at(work)
    if known_at is None or _severity(work, whole.target) <= _severity_of(work, known_at):
        return whole
    free = askable(work, tuple(work.claims))
    if len(free) == len(work.claims):
        return whole
    return _held(work, whole, _of(work, free), known_at)


def _held(work: Work, whole: Judged, alone: Judged, known_at: str) -> Judged:
    """What is free may make it worse than what is held has left it, by itself."""
    rules, place = work.policy.overdue, _severity_of(work, known_at)
    review_at = min(filter(None, (whole.review_at, alone.review_at)), default=None)
    if _severity(work, alone.target) > place:
        worst = min(whole.target, alone.target, key=lambda state: _severity(work, state))
        return alone._replace(target=worst, review_at=review_at, held_at=known_at)
    kept = rules.states[place - 1] if place else None
    return whole._replace(target=kept, review_at=review_at)


def _held_at(work: Work) -> str | None:
    """How far what is held counts; None: that state is no more (renamed, removed).

    Then there is nothing to hold on to, and no reason to give services back.
    """
    before: Overdue = work.state.overdue
    for name in (before.held_at, before.state or CLEAR):
        if name is not None and (name == CLEAR or _severity_of(work, name)):
            return name
    return None


def _of(work: Work, claims: tuple[str, ...]) -> Judged:
    items, profile = counted(work, claims), work.state.profile
    at, review_at = assess(work, items)
    target = None
    if profile is not None:
        today = local_date(work.now, profile.facts.timezone)
        target = work.policy.overdue.state_for(at, today)
    return Judged(target, at, items, review_at)


def _severity(work: Work, state: State | None) -> int:
    return work.policy.overdue.severity(state.name if state is not None else None)


def _severity_of(work: Work, name: str) -> int:
    return work.policy.overdue.severity(name)
