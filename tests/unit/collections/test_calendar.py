"""TARGET days, windows and local times."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.calendar import (
    after_target_days,
    easter,
    is_target_day,
    next_target_day,
    openings,
    same_local_time,
    start_of_day,
)
from domain.events.customers import QuietHours

EIGHT, NINE_PM = dt.time(8), dt.time(21)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)],
)
def test_easter(year: int, month: int, day: int) -> None:
    assert easter(year) == dt.date(year, month, day)


@pytest.mark.parametrize(
    "closed",
    ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25", "2026-06-06"],
)
def test_target_closes(closed: str) -> None:
    assert not is_target_day(dt.date.fromisoformat(closed))


@pytest.mark.parametrize("open_", ["2026-04-02", "2026-04-07", "2026-05-25", "2026-12-24"])
def test_target_is_open_on_national_holidays(open_: str) -> None:
    assert is_target_day(dt.date.fromisoformat(open_))


def test_five_target_days_over_easter() -> None:
    received = dt.datetime(2026, 3, 31, 10, tzinfo=dt.UTC)  # Tuesday
    assert after_target_days(received, 5) == dt.datetime(2026, 4, 9, 10, tzinfo=dt.UTC)
    assert next_target_day(dt.date(2026, 4, 3)) == dt.date(2026, 4, 7)


def test_same_local_time_over_clock_changes() -> None:
    before = dt.datetime(2026, 3, 25, 9, tzinfo=dt.UTC)  # 10:00 in Amsterdam
    assert same_local_time(before, 7, "Europe/Amsterdam") == dt.datetime(
        2026, 4, 1, 8, tzinfo=dt.UTC
    )


def test_the_day_begins_where_the_customer_lives() -> None:
    day = dt.date(2026, 6, 2)
    assert start_of_day(day, "Pacific/Auckland") == dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
    assert start_of_day(day, "America/New_York") == dt.datetime(2026, 6, 2, 4, tzinfo=dt.UTC)


def _spans(quiet: tuple[str, str] | None) -> list[str]:
    hours = QuietHours.model_validate({"from": quiet[0], "to": quiet[1]}) if quiet else None
    midnight = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    found = openings(midnight, "UTC", EIGHT, NINE_PM, hours)
    return [
        f"{start:%H:%M}-{stop:%H:%M}" for start, stop in found if start.date() == midnight.date()
    ]


@pytest.mark.parametrize(
    ("quiet", "spans"),
    [
        (None, ["08:00-21:00"]),
        (("22:00", "07:00"), ["08:00-21:00"]),
        (("20:00", "09:30"), ["09:30-20:00"]),
        (("12:00", "13:00"), ["08:00-12:00", "13:00-21:00"]),
        (("08:00", "21:00"), []),
        (("12:00", "12:00"), ["08:00-21:00"]),
        (("00:00", "10:00"), ["10:00-21:00"]),
    ],
)
def test_windows_less_quiet_hours(quiet: tuple[str, str] | None, spans: list[str]) -> None:
    assert _spans(quiet) == spans
