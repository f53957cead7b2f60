"""Public holidays by country and region: offline data of the library `holidays`."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import holidays


@lru_cache(maxsize=4096)
def is_holiday(day: dt.date, country: str, region: str = "") -> bool:
    """Whether the day is a public holiday there. Region unknown: in any part of it."""
    return day in _of_year(day.year, country, region)


@lru_cache(maxsize=512)
def _of_year(year: int, country: str, region: str) -> frozenset[dt.date]:
    known = _subdivisions().get(country)
    if known is None:
        return frozenset()
    # Where in the country nobody knows: a day that is kept in any part of it is left in peace.
    parts = [region] if region in known else [None, *known]
    kept = (holidays.country_holidays(country, subdiv=part, years=year) for part in parts)
    return frozenset(day for days in kept for day in days)


@lru_cache(maxsize=1)
def _subdivisions() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)
