from __future__ import annotations

from datetime import timedelta

import pytest

from api.machine.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT24H", timedelta(hours=24)),
        ("P1D", timedelta(days=1)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT0S", timedelta()),
        ("PT1.5S", timedelta(milliseconds=1500)),
        ("PT0,0019S", timedelta(milliseconds=1)),
        ("-PT1H", timedelta(hours=-1)),
    ],
)
def test_durations_of_a_fixed_length(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "1D", "P1Y", "P1M", "PT١H", "P1W1D", "PTS", "pt1h", "P1DT"],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)
