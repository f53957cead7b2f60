"""From a customer's wishes to a schedule inside the bounds of policy; what does not fit says why.

The first instalment is due today: a plan that customers make themselves begins with a payment.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from domain.arrangements.policy import Bounds, PlanNumbers
from domain.events.actions import PlanInstalment
from domain.events.base import Data
from domain.money import PositiveMoney

Every = Literal["week", "fortnight", "month"]
#: Payments in a month, on average.
_A_MONTH = {"week": Decimal(52) / 12, "fortnight": Decimal(26) / 12, "month": Decimal(1)}
_STEP_DAYS = {"week": 7, "fortnight": 14}
_COUNT_MAX = 120


class Wishes(Data):
    """What the customer asks for. `income_minor`: what they say comes in a month, net."""

    count: Annotated[int, Field(strict=True, ge=2, le=_COUNT_MAX)]
    every: Every = "month"
    income_minor: Annotated[int, Field(strict=True, ge=0)] | None = None


class NoPlan(Exception):
    """`reason`: no_plans, debt_too_small, debt_too_large, instalment_too_small, too_long,
    gap_too_long, income_missing, not_affordable. `limit` is the bound it broke, as a number.
    """

    def __init__(self, reason: str, limit: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.limit = reason, limit


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def days_of(today: dt.date, wishes: Wishes) -> tuple[dt.date, ...]:
    """When the instalments are due; months are counted from the first, so no day is lost."""
    if wishes.every == "month":
        return tuple(add_months(today, n) for n in range(wishes.count))
    step = dt.timedelta(days=_STEP_DAYS[wishes.every])
    return tuple(today + n * step for n in range(wishes.count))


def amounts_of(debt_minor: int, count: int) -> tuple[int, ...]:
    """Equal parts that add up exactly; the last one takes the remainder."""
    share, rest = divmod(debt_minor, count)
    return (*[share] * (count - 1), share + rest)


def propose(
    debt: PositiveMoney, wishes: Wishes, numbers: PlanNumbers, today: dt.date
) -> tuple[PlanInstalment, ...]:
    """The schedule. Raises NoPlan."""
    bounds = _bounds_for(debt, numbers)
    amounts, days = amounts_of(debt.minor, wishes.count), days_of(today, wishes)
    if amounts[0] < bounds.instalment_min:
        raise NoPlan("instalment_too_small", bounds.instalment_min)
    if days[-1] > add_months(today, numbers.term_months_max):
        raise NoPlan("too_long", numbers.term_months_max)
    if (days[1] - today).days > numbers.first_gap_days_max:
        raise NoPlan("gap_too_long", numbers.first_gap_days_max)
    _check_income(amounts[-1], wishes, numbers)
    return tuple(
        PlanInstalment(due_on=day, amount=PositiveMoney(minor=minor, currency=debt.currency))
        for day, minor in zip(days, amounts, strict=True)
    )


def counts(debt: PositiveMoney, numbers: PlanNumbers) -> Iterator[int]:
    """How many monthly instalments are possible, as far as the debt alone says; none at all
    where no plan is.
    """
    try:
        bounds = _bounds_for(debt, numbers)
    except NoPlan:
        return
    most = min(numbers.term_months_max + 1, debt.minor // bounds.instalment_min, _COUNT_MAX)
    yield from range(2, most + 1)


def _bounds_for(debt: PositiveMoney, numbers: PlanNumbers) -> Bounds:
    bounds = numbers.bounds_of(debt.currency)
    if bounds is None:
        raise NoPlan("no_plans")
    if debt.minor < bounds.debt_min:
        raise NoPlan("debt_too_small", bounds.debt_min)
    if debt.minor > bounds.debt_max:
        raise NoPlan("debt_too_large", bounds.debt_max)
    return bounds


def _check_income(most_minor: int, wishes: Wishes, numbers: PlanNumbers) -> None:
    """Nobody agrees to more a month than policy says their stated income can bear."""
    if numbers.income_share_percent is None:
        return
    if wishes.income_minor is None:
        raise NoPlan("income_missing")
    bearable = wishes.income_minor * numbers.income_share_percent / 100
    if most_minor * _A_MONTH[wishes.every] > bearable:
        raise NoPlan("not_affordable", int(bearable))
