"""Local days, contact windows and TARGET business days. All instants are aware and in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.events.customers import QuietHours

_DAY = dt.timedelta(days=1)
#: TARGET keeps Frankfurt's days (ECB, T2 calendar).
_TARGET_ZONE = "Europe/Berlin"
#: Quiet hours and window repeat daily; a gap of a skipped local day (Samoa 2011) fits in this.
_DAYS_AHEAD = 3


def whole_ms(at: dt.datetime) -> dt.datetime:
    """`at` in UTC, cut to milliseconds: the resolution of timers."""
    at = at.astimezone(dt.UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def at_local(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The instant of a wall time. A time that a clock change skips is read an hour later."""
    return dt.datetime.combine(day, time, ZoneInfo(zone)).astimezone(dt.UTC)


def start_of_day(day: dt.date, zone: str) -> dt.datetime:
    """When `day` begins in `zone`."""
    return at_local(day, dt.time.min, zone)


def local_date(at: dt.datetime, zone: str) -> dt.date:
    """The date on a calendar in `zone`."""
    return at.astimezone(ZoneInfo(zone)).date()


def same_local_time(at: dt.datetime, days: int, zone: str) -> dt.datetime:
    """`days` later at the same wall time, whatever clock changes lie between."""
    local = at.astimezone(ZoneInfo(zone))
    return at_local(local.date() + days * _DAY, local.time(), zone)


@lru_cache(maxsize=64)
def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def is_target_day(day: dt.date) -> bool:
    """Whether TARGET settles: not on weekends, 1 Jan, Good Friday, Easter Monday, 1 May, 25/26 Dec.

    Source: ECB, long-term calendar for TARGET closing days (in force since 2002).
    """
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        return False
    sunday = easter(day.year)
    return day not in {sunday - 2 * _DAY, sunday + _DAY}


def next_target_day(day: dt.date) -> dt.date:
    """`day` itself or the first TARGET day after it: when a debit due then is really made."""
    while not is_target_day(day):
        day += _DAY
    return day


def after_target_days(at: dt.datetime, days: int) -> dt.datetime:
    """The same time of day in Frankfurt, `days` TARGET days later."""
    local = at.astimezone(ZoneInfo(_TARGET_ZONE))
    day = local.date()
    for _ in range(days):
        day = next_target_day(day + _DAY)
    return at_local(day, local.time(), _TARGET_ZONE)


def _quiet_spans(quiet: QuietHours | None) -> list[tuple[dt.time, dt.time]]:
    """Quiet hours within one day, the part after midnight first."""
    if quiet is None:
        return []
    start, stop = dt.time.fromisoformat(quiet.from_), dt.time.fromisoformat(quiet.to)
    if start == stop:
        return []  # nothing, rather than the whole day: a form left at its default
    if start < stop:
        return [(start, stop)]
    return [(dt.time.min, stop), (start, dt.time.max)]


def open_spans(
    opens: dt.time, closes: dt.time, quiet: QuietHours | None
) -> list[tuple[dt.time, dt.time]]:
    """The parts of a day from `opens` to `closes` that lie outside the quiet hours, in order."""
    spans, start = [], opens
    for quiet_from, quiet_to in _quiet_spans(quiet):
        if quiet_to <= start or quiet_from >= closes:
            continue
        if quiet_from > start:
            spans.append((start, quiet_from))
        start = max(start, quiet_to)
    if start < closes:
        spans.append((start, closes))
    return spans


def openings(
    at: dt.datetime, zone: str, opens: dt.time, closes: dt.time, quiet: QuietHours | None
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Spans [start, stop) in which messages may go out and that end after `at`, in order."""
    today = local_date(at, zone)
    for ahead in range(_DAYS_AHEAD):
        for start, stop in open_spans(opens, closes, quiet):
            day = today + ahead * _DAY
            span = at_local(day, start, zone), at_local(day, stop, zone)
            if span[1] > at and span[0] < span[1]:
                yield span
