"""From the facts of a customer to what the conditions of overdue states look at."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections import Counter

from domain.arrangements.blocking import paused_days
from domain.calendar import local_date, start_of_day
from domain.collections.work import Work
from domain.overdue.policy import OverdueRules, Since, Situation
from domain.overdue.tolerance import counted

_DAY = dt.timedelta(days=1)


def _starts(work: Work, items: tuple[str, ...], zone: str) -> dict[Since, dt.date | None]:
    """From when each count of days runs, by the item that is longest late."""
    due = min(work.state.invoices[key].facts.due_on for key in items)
    # Days after the due date that are paused, today with them; what was paused before is past.
    due += paused_days(work.state, local_date(work.now, zone) + _DAY, due + _DAY) * _DAY
    last = max((m.at for m in work.state.messages if m.kind == "reminder"), default=None)
    return {
        "due": due,
        "end_of_month": due.replace(day=monthrange(due.year, due.month)[1]),
        "last_reminder": None if last is None else local_date(last, zone),
    }


def situation_of(work: Work) -> Situation:
    """What may be chased now, counted. Without a profile nothing may."""
    state, profile, items = work.state, work.state.profile, counted(work)
    if profile is None or not items:
        return Situation({}, {}, 0, 0, frozenset(), frozenset(), None, None, frozenset())
    facts = profile.facts
    today = local_date(work.now, facts.timezone)
    open_minor: Counter[str] = Counter()
    for key in items:
        open_minor[state.invoices[key].facts.amount.currency] += work.ledger.open[key]
    starts = _starts(work, items, facts.timezone)
    return Situation(
        days={since: None if at is None else (today - at).days for since, at in starts.items()},
        open_minor=dict(open_minor),
        items=len(items),
        reminders=max((state.reminded.get(key, 0) for key in items), default=0),
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


def next_review(work: Work, rules: OverdueRules) -> dt.datetime | None:
    """The next local midnight at which time alone may change the state."""
    profile, items = work.state.profile, counted(work)
    if profile is None or not items:
        return None
    zone = profile.facts.timezone
    starts, today = _starts(work, items, zone), local_date(work.now, zone)
    days = [
        start + days * _DAY
        for since, days in rules.days_that_matter
        if (start := starts[since]) is not None and start + days * _DAY > today
    ]
    return start_of_day(min(days), zone) if days else None
