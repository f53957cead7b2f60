"""Days of a retry: always banking days inside the window, and the one the ladder prefers."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import is_target_day
from domain.debits.candidates import candidates, challenge, choose, submission_day
from domain.debits.policy import ChallengerModel, LadderStep, Payday, RetryRules
from tests.unit.collections.story import POLICY
from tests.unit.debits.debtors import rules

NUMBERS = rules().rows[0]
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2035, 12, 31))


@given(
    start=DAYS,
    length=st.integers(0, 60),
    day=st.integers(1, 31),
    roll=st.sampled_from(["before", "after"]),
)
def test_every_day_offered_can_be_kept(start: dt.date, length: int, day: int, roll: str) -> None:
    """A banking day in the span, with its submission on a banking day before it."""
    latest = start + dt.timedelta(days=length)
    now = dt.datetime.combine(start, dt.time(9), dt.UTC)
    payday = Payday.model_validate({"source": "test", "day": day, "roll": roll})
    offered = candidates(NUMBERS, start, latest, payday, now)
    assert [one.day for one in offered] == sorted({one.day for one in offered})
    for one in offered:
        assert is_target_day(one.day)
        assert start <= one.day <= latest
        assert one.submit_at < one.cut_off
        assert now < one.cut_off
        assert one.cut_off.date() < one.day
    months = {one.day.replace(day=1) for one in offered if "payday" in one.reasons}
    full = {one.day.replace(day=1) for one in offered}
    assert len(months) >= len(full) - 2  # the first and the last month may lie cut in the span


@pytest.mark.parametrize(
    ("payday", "roll", "expected"),
    [
        (25, "before", dt.date(2026, 4, 24)),  # the 25th is a Saturday
        (25, "after", dt.date(2026, 4, 27)),
        (31, "before", dt.date(2026, 4, 30)),  # April has no 31st
        (5, "after", dt.date(2026, 4, 7)),  # Easter Sunday, and Monday is no banking day either
    ],
)
def test_paydays_fall_on_banking_days(payday: int, roll: str, expected: dt.date) -> None:
    row = Payday.model_validate({"source": "test", "day": payday, "roll": roll})
    now = dt.datetime(2026, 3, 28, tzinfo=dt.UTC)
    offered = candidates(NUMBERS, dt.date(2026, 4, 2), dt.date(2026, 5, 10), row, now)
    [first, *_] = [one.day for one in offered if "payday" in one.reasons]
    assert first == expected


def test_submission_skips_the_days_on_which_banks_rest() -> None:
    """Tuesday after Easter is submitted on the Thursday before it."""
    assert submission_day(dt.date(2026, 4, 7), 1) == dt.date(2026, 4, 2)


def test_the_ladder_takes_the_first_preference_that_any_day_answers() -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    row = Payday(source="test", day=25)
    offered = candidates(NUMBERS, dt.date(2026, 6, 3), dt.date(2026, 7, 10), row, now)
    chosen = choose(
        LadderStep(retry=1, earliest_days=0, prefers=("month_start", "payday")), offered
    )
    assert chosen is not None
    assert chosen.day == dt.date(2026, 7, 1)
    assert choose(LadderStep(retry=1, earliest_days=0), offered) == offered[0]
    assert choose(LadderStep(retry=1, earliest_days=0), ()) is None


def test_a_model_names_its_day_and_decides_nothing() -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    offered = candidates(
        NUMBERS, dt.date(2026, 6, 3), dt.date(2026, 7, 10), Payday(source="test", day=25), now
    )
    model = ChallengerModel(name="m1", points={"after_payday": 10, "payday": 1}, points_per_day=-1)
    named = challenge(model, offered)
    assert named is not None
    assert named.collect_on == dt.date(2026, 6, 3)
    eager = model.model_copy(update={"points_per_day": 0})
    assert challenge(eager, offered).collect_on == dt.date(2026, 6, 26)  # type: ignore[union-attr]
    assert challenge(None, offered) is None


def test_findings_say_what_a_person_should_know() -> None:
    assert POLICY.retries.findings() == []
    on = RetryRules.model_validate(POLICY.retries.model_dump() | {"enabled": True})
    assert on.findings() == ["retries are on: the ERP must no longer present failed debits again"]
    odd = rules(
        numbers={
            "prenotification_days": 20, "window_days": 20, "retries_max": 5,
            "submit_at": "10:00:00", "cut_off": "09:00:00",
        },
        paydays=[],
    )  # fmt: skip
    assert [finding.partition(": ")[2][:20] for finding in odd.findings()[1:5]] == [
        "a window of 20 days ",
        "more than 3 retries ",
        "no day of the window",
        "the cut-off lies bef",
    ]
    assert "no payday is known" in odd.findings()[-1]
    assert "pre-notification is shorter" in rules().findings()[1]
