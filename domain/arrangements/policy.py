"""The rule set `plans`: bounds of promises, plans and pauses, and when they break."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from domain.events.base import Country, Data
from domain.money import MINOR_MAX, Currency
from domain.policy.ruleset import RuleSet

Days = Annotated[int, Field(strict=True, ge=0, le=400)]
Count = Annotated[int, Field(strict=True, ge=0, le=120)]
Minor = Annotated[int, Field(strict=True, ge=0, le=MINOR_MAX)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]


class PromiseNumbers(Data):
    """When a promise to pay is taken, and what keeps it."""

    #: At most so far ahead, and so many made within the window, whatever became of them.
    days_ahead_max: Days
    promises_max: Count
    window_days: Days
    #: It breaks at the end of its day and so many more, where the customer lives.
    grace_days: Days
    #: So much may be missing: the larger of the two, but never more than a tenth of the promise.
    tolerance_minor: Minor
    tolerance_percent: Percent

    def needed(self, promised_minor: int) -> int:
        """The money that keeps a promise of so much: a cent never does."""
        share = int(promised_minor * self.tolerance_percent / 100)
        return promised_minor - min(max(self.tolerance_minor, share), promised_minor // 10)


class Bounds(Data):
    """Of plans that customers make themselves, in one currency, in minor units."""

    currency: Currency
    debt_min: Minor
    debt_max: Minor
    instalment_min: Annotated[int, Field(strict=True, ge=1, le=MINOR_MAX)]


class PlanNumbers(Data):
    """Which plans customers may make themselves, and when any plan breaks."""

    bounds: tuple[Bounds, ...]
    term_months_max: Annotated[int, Field(strict=True, ge=1, le=60)]
    #: The first instalment is paid when the plan is made; the second at most so long after it.
    first_gap_days_max: Days
    #: Of stated net income: what the instalments of a month may come to; absent: not asked.
    income_share_percent: Percent | None = None
    plans_active_max: Annotated[int, Field(strict=True, ge=1, le=10)]
    #: An instalment is missed when so many days after its own so much is still missing.
    grace_days: Days
    tolerance_minor: Minor
    #: With so many missed the plan is late; late for the days of cure, it breaks.
    missed_max: Annotated[int, Field(strict=True, ge=1, le=12)]
    cure_days: Days
    #: Its end is told by a notice of its own; reminders begin anew so many days later.
    restart_days: Days = 0
    #: A notice so many days before an instalment; absent: none.
    notice_days: Days | None = None

    def bounds_of(self, currency: str) -> Bounds | None:
        """None: no plans by self-service in that currency."""
        return next((one for one in self.bounds if one.currency == currency), None)


class HardshipRule(Data):
    """One kind of pause, from a day on, in some countries (none named: in all others)."""

    kind: Literal["breathing_space", "mental_health_crisis", "forbearance"]
    valid_from: dt.date
    source: str
    countries: tuple[Country, ...] = ()
    #: Length where none is said; absent: until it is ended.
    days: Days | None = None
    #: How long customers may pause by themselves, and how often in a year; 0: not by themselves.
    self_service_days_max: Days = 0
    self_service_per_year: Count = 0


class PlanRow(Data):
    """One effective-dated row."""

    valid_from: dt.date
    source: str
    promises: PromiseNumbers
    plans: PlanNumbers


class PlanRules(RuleSet):
    """Bounds of plans, promises and pauses, and when they break."""

    id: Literal["plans"]
    rows: Annotated[tuple[PlanRow, ...], Field(min_length=1)]
    hardship: tuple[HardshipRule, ...]

    @cached_property
    def _newest_first(self) -> tuple[PlanRow, ...]:
        return tuple(sorted(self.rows, key=lambda row: row.valid_from, reverse=True))

    def at(self, on: dt.date) -> PlanRow:
        """The numbers in force; before the first row, the first."""
        rows = self._newest_first
        return next((row for row in rows if row.valid_from <= on), rows[-1])

    def pause(self, kind: str, country: str | None, on: dt.date) -> HardshipRule | None:
        """The newest rule of the kind: the country's own before one for all."""
        found = [
            rule
            for rule in self.hardship
            if rule.kind == kind
            and rule.valid_from <= on
            and (not rule.countries or country in rule.countries)
        ]
        return max(found, key=lambda rule: (bool(rule.countries), rule.valid_from), default=None)

    def findings(self) -> list[str]:
        """What makes plans impossible, or promises worthless."""
        found = []
        for row in self.rows:
            since = row.valid_from.isoformat()
            if not row.plans.bounds:
                found.append(f"from {since} no customer can make a plan: no currency has bounds")
            if row.promises.promises_max == 0:
                found.append(f"from {since} every promise is refused")
            if row.plans.cure_days == 0 and row.plans.grace_days == 0:
                found.append(f"from {since} a plan breaks the day after a missed instalment")
        return found
