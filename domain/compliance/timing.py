"""When a contact that nothing forbids may be made: hours, zones, caps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from domain.collections.windows import Window, habits_of, window_of
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.hours import Habits, closed_by, is_open, spans
from domain.compliance.places import zone_rule
from domain.compliance.rows import Contact
from domain.events.customers import CustomerUpdated

#: The daily window that the rule set `reminders` says.
WINDOW = "window"
_CLOSED = "window_closed"


@dataclass(frozen=True, slots=True)
class Timing:
    """Open until `ends`, or closed until `until` (None: for good) because of the rule."""

    ends: dt.datetime | None = None
    until: dt.datetime | None = None
    because: str = ""
    rule: str = ""


def timing_of(
    work: Work,
    book: Book,
    facts: CustomerUpdated,
    what: str,
    since: dt.datetime,
    contact: Contact = "message",
) -> Timing:
    """Whether the customer's window is open now; otherwise when, from `since` on, it will be."""
    habits = habits_of(work, book, facts, contact)
    window = window_of(work, book, habits, what, since)
    if window is not None and since <= work.now and window.is_open(work.now):
        return Timing(ends=window.ends)
    because, rule = _why_closed(work, book, habits)
    if window is None:
        return Timing(because=because, rule=rule)
    return Timing(until=_reopening(window, since), because=because, rule=rule)


def _reopening(window: Window, since: dt.datetime) -> dt.datetime:
    return since if window.is_open(since) else window.try_at


def _why_closed(work: Work, book: Book, habits: Habits) -> tuple[str, str]:
    """The code for people and the row: what closes a window that would be open without it."""
    now, day = work.now, work.now.date()
    own = habits._replace(zones=habits.zones[:1])
    if own != habits and not spans(book, habits, day) and spans(book, own, day):
        return "no_common_window", zone_rule(book)
    free = habits._replace(closings=())
    if free != habits and is_open(spans(book, free, day), now):
        return "inconvenient_time", "inconvenient_time"
    rule = closed_by(book, own, now)
    if rule is not None:
        return _CLOSED, rule.id
    if own != habits and is_open(spans(book, own, day), now):
        return _CLOSED, zone_rule(book)
    return _CLOSED, WINDOW
