"""ISO 8601 durations of a fixed length: `PT24H`, `P7D`, `PT1.5S`. Months and years have none."""

from __future__ import annotations

import re
from datetime import timedelta

_PATTERN = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>\d{1,6})W|(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,11})(?:[.,](?P<fraction>\d{1,9}))?S)?)?)",
    re.ASCII,
)


def parse_duration(text: str) -> timedelta:
    """Whole milliseconds, cut. Raises ValueError for everything that is not such a duration."""
    match = _PATTERN.fullmatch(text)
    parts = {} if match is None else match.groupdict()
    numbers = ("weeks", "days", "hours", "minutes", "seconds")
    if not any(parts.get(name) for name in numbers):
        raise ValueError("not an ISO 8601 duration of weeks, days, hours, minutes or seconds")
    length = timedelta(
        milliseconds=int((parts["fraction"] or "0")[:3].ljust(3, "0")),
        **{name: int(parts[name] or 0) for name in numbers},
    )
    return -length if parts["sign"] else length
