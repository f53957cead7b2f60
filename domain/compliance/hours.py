"""The spans of time in which somebody may be contacted, in all zones they may be in at once.

Worked out once a day for everybody to whom the same applies, and kept in the book of the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from domain.calendar import at_local, open_spans
from domain.compliance.book import Book
from domain.compliance.festivals import is_holiday
from domain.compliance.rows import DAYS, Contact, HoursRule
from domain.events.customers import QuietHours

#: Easter, or a week of inconvenient days, is bridged; who is closed for longer is never reached.
_DAYS_AHEAD = 15
#: Different habits that a book keeps: 16 books of them come to some 60 MB at most.
_KEPT_MAX = 256
_DAY = dt.timedelta(days=1)

Span = tuple[dt.datetime, dt.datetime]
#: What the customer closed: days (empty: all), local times (None: all day).
Closing = tuple[tuple[str, ...], tuple[str, str] | None]


class Habits(NamedTuple):
    """All that decides a person's hours."""

    zones: tuple[str, ...]
    opens: dt.time
    closes: dt.time
    quiet: tuple[str, str] | None
    contact: Contact
    country: str
    region: str = ""
    closings: tuple[Closing, ...] = ()


def spans(
    book: Book, habits: Habits, day: dt.date, rules: tuple[HoursRule, ...] | None = None
) -> tuple[Span, ...]:
    """Spans [start, stop) from the day before `day` (in UTC) to two weeks after it, in order.

    `rules`: only these rows of the book.
    """
    chosen = book.hours if rules is None else rules
    key = day, habits, tuple(rule.id for rule in chosen)
    found = book.spans.get(key)
    if found is None:
        if len(book.spans) >= _KEPT_MAX:
            book.spans.clear()
        concerned = [rule for rule in chosen if _concerns(rule, habits)]
        found = book.spans[key] = tuple(_common(concerned, habits, day))
    return found


def first_after(found: Iterable[Span], at: dt.datetime) -> Span | None:
    """The span that is open at `at`, or opens next."""
    return next((span for span in found if span[1] > at), None)


def is_open(found: Iterable[Span], at: dt.datetime) -> bool:
    """Whether one of the spans is open at `at`."""
    first = first_after(found, at)
    return first is not None and first[0] <= at


def closed_by(book: Book, habits: Habits, at: dt.datetime) -> HoursRule | None:
    """The row that closes a span open otherwise, None if the daily window itself is closed."""
    if not book.hours or not is_open(spans(book, habits, at.date(), ()), at):
        return None
    for rule in book.hours:
        if not is_open(spans(book, habits, at.date(), (rule,)), at):
            return rule
    return None


def _concerns(rule: HoursRule, habits: Habits) -> bool:
    return habits.contact in rule.contacts and (not rule.regions or habits.region in rule.regions)


def _common(rules: list[HoursRule], habits: Habits, day: dt.date) -> list[Span]:
    first, *others = (_of_zone(rules, habits, zone, day) for zone in habits.zones)
    for other in others:
        first = [
            (max(a, c), min(b, d)) for a, b in first for c, d in other if max(a, c) < min(b, d)
        ]
    return sorted(first)


def _of_zone(rules: list[HoursRule], habits: Habits, zone: str, day: dt.date) -> list[Span]:
    found: list[Span] = []
    quiet = _quiet(habits.quiet) if habits.quiet else None
    for ahead in range(-1, _DAYS_AHEAD):
        local = day + ahead * _DAY
        hours = _hours_of(rules, habits, local)
        if hours is None:
            continue
        parts = open_spans(*hours, quiet)
        for start, stop in _less_closings(parts, habits, local):
            span = at_local(local, start, zone), at_local(local, stop, zone)
            if span[0] < span[1]:
                found.append(span)
    return found


def _hours_of(
    rules: list[HoursRule], habits: Habits, day: dt.date
) -> tuple[dt.time, dt.time] | None:
    """The daily window less what the rows of the day take away; None: closed."""
    opens, closes = habits.opens, habits.closes
    for rule in rules:
        is_meant = _is_meant(rule.days, habits, day)
        if is_meant and rule.closed:
            return None
        if is_meant:
            opens, closes = max(opens, rule.opens), min(closes, rule.closes)
    return (opens, closes) if opens < closes else None


def _is_meant(days: tuple[str, ...], habits: Habits, day: dt.date) -> bool:
    """Whether the day is one of `days`: by its weekday, or as a holiday where they live."""
    return DAYS[day.weekday()] in days or (
        "holiday" in days and is_holiday(day, habits.country, habits.region)
    )


def _less_closings(
    parts: list[tuple[dt.time, dt.time]], habits: Habits, day: dt.date
) -> list[tuple[dt.time, dt.time]]:
    for days, times in habits.closings:
        if days and not _is_meant(days, habits, day):
            continue
        if times is None:
            return []
        closed = _quiet(times)
        parts = [piece for start, stop in parts for piece in open_spans(start, stop, closed)]
    return parts


def _quiet(times: tuple[str, str]) -> QuietHours:
    return QuietHours.model_validate({"from": times[0], "to": times[1]})
