"""When a customer may be contacted: the daily window less what takes away from it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from domain.arrangements.preferences import preferences
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.consents import limits_in_force
from domain.compliance.hours import Closing, Habits, first_after, spans
from domain.compliance.places import plausible_zones, region_of
from domain.compliance.rows import Contact
from domain.events.customers import CustomerUpdated
from domain.identity import number


class Window(NamedTuple):
    """The window that is open or opens next; `starts` lies in the future when it is closed now."""

    starts: dt.datetime
    ends: dt.datetime
    #: When to try, if it is closed now: within ten minutes of the opening, by hash.
    try_at: dt.datetime

    def is_open(self, now: dt.datetime) -> bool:
        """Whether messages may leave now."""
        return self.starts <= now


def habits_of(
    work: Work, book: Book, facts: CustomerUpdated, contact: Contact = "message"
) -> Habits:
    """All that decides when this customer may be contacted."""
    numbers, rules = work.policy.at(work.now), work.policy.contact
    quiet = preferences(work.state).quiet_hours
    if quiet is None and facts.preferences is not None:
        quiet = facts.preferences.quiet_hours
    closings = _closings(work)
    return Habits(
        zones=plausible_zones(rules, book, facts),
        opens=numbers.window_opens,
        closes=numbers.window_closes,
        quiet=(quiet.from_, quiet.to) if quiet is not None else None,
        contact=contact,
        country=facts.country,
        region=region_of(facts) if book.hours or closings else "",
        closings=closings,
    )


def window_of(work: Work, book: Book, habits: Habits, what: str, at: dt.datetime) -> Window | None:
    """The window open at `at` or next after it; None when nothing is left of any day.

    `what` is hashed too: whatever opens together leaves spread out.
    """
    found = first_after(spans(book, habits, at.date()), at)
    if found is None:
        return None
    starts, ends = found
    if starts <= at:
        return Window(starts, ends, starts)
    room = min(work.policy.at(work.now).spread_seconds, int((ends - starts).total_seconds()))
    delay = number(work.state.customer_id, what, starts.isoformat()) % max(room, 1)
    return Window(starts, ends, starts + dt.timedelta(seconds=delay))


def _closings(work: Work) -> tuple[Closing, ...]:
    """Times that do not suit the customer, whatever the channel."""
    return tuple(
        (limit.days, (limit.times.from_, limit.times.to) if limit.times is not None else None)
        for limit in limits_in_force(work.state.compliance)
        if limit.kind == "inconvenient_time"
    )
