"""From the facts of a customer to what the conditions of overdue states look at."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections import Counter

from domain.arrangements.blocking import paused_days
from domain.calendar import local_date, start_of_day
from domain.collections.state import LOST, Message, Profile
from domain.collections.work import Work
from domain.overdue.policy import OverdueRules, Since, Situation

_DAY = dt.timedelta(days=1)
_Starts = dict[Since, dt.date | None]
_NOTHING = Situation({}, {}, 0, 0, frozenset(), frozenset(), None, None, frozenset())


def _starts(work: Work, items: tuple[str, ...], today: dt.date, zone: str) -> _Starts:
    """From when each count of days runs, by the item that is longest late."""
    due = min(work.state.invoices[key].facts.due_on for key in items)
    # Days after the due date that are paused, today with them; what was paused before is past.
    due += paused_days(work.state, today + _DAY, due + _DAY) * _DAY
    last = max((one.at for one in _reminders(work, items) if one.state not in LOST), default=None)
    return {
        "due": due,
        "end_of_month": due.replace(day=monthrange(due.year, due.month)[1]),
        "last_reminder": None if last is None else local_date(last, zone),
    }


def assess(work: Work, items: tuple[str, ...]) -> tuple[Situation, dt.datetime | None]:
    """The situation of what may be chased now; and when time alone may next change its state.

    The second is a local midnight. Without a profile nothing may be chased.
    """
    profile = work.state.profile
    if profile is None or not items:
        return _NOTHING, None
    zone = profile.facts.timezone
    today = local_date(work.now, zone)
    starts = _starts(work, items, today, zone)
    situation = _situation(work, profile, items, starts, today)
    return situation, _next_review(work.policy.overdue, starts, today, zone)


def _situation(
    work: Work, profile: Profile, items: tuple[str, ...], starts: _Starts, today: dt.date
) -> Situation:
    state, facts = work.state, profile.facts
    open_minor: Counter[str] = Counter()
    for key in items:
        open_minor[state.invoices[key].facts.amount.currency] += work.ledger.open[key]
    return Situation(
        days={since: None if at is None else (today - at).days for since, at in starts.items()},
        open_minor=dict(open_minor),
        items=len(items),
        reminders=_count_reminders(work, items),
        codes=frozenset(
            failure.facts.reason_code or failure.facts.reason_proprietary or ""
            for failure in state.failures.values()
            if failure.facts.invoice_id in items
        ),
        flags=frozenset(facts.flags),
        person_group=facts.person_group,
        brand=facts.brand,
        kinds=frozenset(state.invoices[key].facts.kind for key in items),
    )


def _reminders(work: Work, items: tuple[str, ...]) -> list[Message]:
    """Those that named one of the items and are remembered, where a rule looks at any."""
    if not work.policy.overdue.look_at_reminders:
        return []
    named = set(items)
    sent = (one for one in work.state.messages if one.kind == "reminder")
    return [one for one in sent if not named.isdisjoint(one.invoice_ids)]


def _count_reminders(work: Work, items: tuple[str, ...]) -> int:
    """Of the item reminded most often: its steps, less those of which every message was lost.

    `reminded` counts a step when its message is asked for; what is no longer remembered counts.
    """
    lost: set[tuple[str, int | None]] = set()
    there: set[tuple[str, int | None]] = set()
    for one in _reminders(work, items):
        steps = lost if one.state in LOST else there
        steps.update((key, one.step) for key in one.invoice_ids)
    without = Counter(key for key, _ in lost - there)
    counts = (work.state.reminded.get(key, 0) - without[key] for key in items)
    return max((0, *counts))


def _next_review(
    rules: OverdueRules, starts: _Starts, today: dt.date, zone: str
) -> dt.datetime | None:
    days = [
        start + days * _DAY
        for since, days in rules.days_that_matter
        if (start := starts[since]) is not None and start + days * _DAY > today
    ]
    return start_of_day(min(days), zone) if days else None
