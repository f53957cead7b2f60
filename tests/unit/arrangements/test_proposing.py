"""Schedules that customers make themselves: exact, inside the bounds, affordable."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arrangements.proposing import NoPlan, Wishes, add_months, counts, propose
from domain.money import PositiveMoney
from tests.unit.collections.story import POLICY

_TODAY = dt.date(2026, 6, 1)
_NUMBERS = POLICY.plans.at(_TODAY).plans


def _debt(minor: int, currency: str = "EUR") -> PositiveMoney:
    return PositiveMoney(minor=minor, currency=currency)


@given(
    minor=st.integers(1, 600_000),
    count=st.integers(2, 60),
    every=st.sampled_from(["week", "fortnight", "month"]),
    income=st.integers(0, 500_000),
    today=st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31)),
)
def test_every_schedule_adds_up_and_keeps_the_bounds(
    minor: int, count: int, every: str, income: int, today: dt.date
) -> None:
    """To the cent, in order, the first today, none below the least, no longer than the term."""
    wishes = Wishes.model_validate({"count": count, "every": every, "income_minor": income})
    try:
        parts = propose(_debt(minor), wishes, _NUMBERS, today)
    except NoPlan:
        return
    amounts = [part.amount.minor for part in parts]
    days = [part.due_on for part in parts]
    assert sum(amounts) == minor
    assert len(parts) == count
    assert min(amounts) >= 1000
    assert amounts[-1] - amounts[0] < count
    assert days == sorted(set(days))
    assert days[0] == today
    assert days[-1] <= add_months(today, 12)
    assert amounts[0] <= income // 5


@pytest.mark.parametrize(
    ("minor", "wishes", "reason", "limit"),
    [
        (2999, {"count": 2}, "debt_too_small", 3000),
        (500_001, {"count": 12}, "debt_too_large", 500_000),
        (10_000, {"count": 11}, "instalment_too_small", 1000),
        (100_000, {"count": 14}, "too_long", 12),
        (100_000, {"count": 10, "income_minor": 49_999}, "not_affordable", 9999),
        (100_000, {"count": 10, "income_minor": None}, "income_missing", 0),
        (100_000, {"count": 10, "every": "week", "income_minor": 200_000}, "not_affordable", 40000),
    ],
)
def test_what_does_not_fit_says_why(
    minor: int, wishes: dict[str, object], reason: str, limit: int
) -> None:
    """With the bound, so that the page can name it."""
    wanted = Wishes.model_validate({"income_minor": 300_000} | wishes)
    with pytest.raises(NoPlan) as refused:
        propose(_debt(minor), wanted, _NUMBERS, _TODAY)
    assert (refused.value.reason, refused.value.limit) == (reason, limit)


def test_a_currency_without_bounds_has_no_plans() -> None:
    """Staff may still agree one."""
    with pytest.raises(NoPlan, match="no_plans"):
        propose(_debt(100_000, "JPY"), Wishes(count=2), _NUMBERS, _TODAY)
    assert list(counts(_debt(100_000, "JPY"), _NUMBERS)) == []


def test_the_end_of_the_month_is_not_lost() -> None:
    """From the 31st of January: the last of February, then the 31st of March again."""
    wishes = Wishes(count=3, income_minor=500_000)
    parts = propose(_debt(9001), wishes, _NUMBERS, dt.date(2027, 1, 31))
    assert [str(part.due_on) for part in parts] == ["2027-01-31", "2027-02-28", "2027-03-31"]
    assert [part.amount.minor for part in parts] == [3000, 3000, 3001]


def test_the_possible_counts_are_those_that_are_not_refused() -> None:
    """Twelve months and today make thirteen, unless the parts would be too small."""
    assert list(counts(_debt(5_000), _NUMBERS)) == [2, 3, 4, 5]
    assert max(counts(_debt(100_000), _NUMBERS)) == 13
