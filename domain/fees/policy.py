"""Rules for the fee status, as data."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Data, Id
from domain.money import Currency
from domain.policy.ruleset import RuleSet

Minor = Annotated[int, Field(strict=True, ge=0, le=10**15)]
#: Days and years are added to dates: beyond ten years nobody means them, and dates end.
Days = Annotated[int, Field(ge=0, le=3650)]
Years = Annotated[int, Field(ge=0, le=200)]


@dataclass(frozen=True, slots=True)
class Situation:
    """What rules look at: of a customer as a whole, or of one late item of theirs."""

    days_late: int
    loyalty_years: int
    person_group: str | None
    region: str | None
    customer_id: str = ""
    brand: str | None = None
    #: Kinds of what is late, and how much of it is open, by currency in minor units.
    kinds: frozenset[str] = frozenset()
    open_minor: Mapping[str, int] = field(default_factory=dict)


class FeeRule(Data):
    """Conditions that must all hold; an absent one always does."""

    model_config = Data.model_config | {"extra": "forbid"}

    status: str
    #: Charges of the rule set `charges` that are called for: none in the starting rules.
    fees: tuple[Id, ...] = ()
    days_late_min: Days | None = None
    days_late_max: Days | None = None
    loyalty_years_min: Years | None = None
    loyalty_years_max: Years | None = None
    person_groups: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    customers: frozenset[Id] | None = None
    brands: frozenset[str] | None = None
    #: At least one of what is late is of such a kind.
    kinds: frozenset[str] | None = None
    #: How much is open of what is late, in this currency.
    currency: Currency | None = None
    amount_min_minor: Minor | None = None
    amount_max_minor: Minor | None = None

    @model_validator(mode="after")
    def _amount_has_currency(self) -> FeeRule:
        bounded = (self.amount_min_minor, self.amount_max_minor) != (None, None)
        if bounded and self.currency is None:
            raise ValueError("currency: an amount is one of a currency")
        return self

    def matches(self, at: Situation) -> bool:
        """Whether the rule speaks of the situation."""
        return (
            _within(at.days_late, self.days_late_min, self.days_late_max)
            and _within(at.loyalty_years, self.loyalty_years_min, self.loyalty_years_max)
            and (self.person_groups is None or at.person_group in self.person_groups)
            and (self.regions is None or at.region in self.regions)
            and (self.customers is None or at.customer_id in self.customers)
            and (self.brands is None or at.brand in self.brands)
            and (self.kinds is None or bool(self.kinds & at.kinds))
            and self._matches_amount(at)
        )

    def _matches_amount(self, at: Situation) -> bool:
        if self.currency is None:
            return True
        minor = at.open_minor.get(self.currency)
        return minor is not None and _within(minor, self.amount_min_minor, self.amount_max_minor)


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


class FeesPolicy(RuleSet):
    """A version of the rules. Total: `regular` without fees where none matches."""

    id: Literal["fee-status"]
    valid_from: dt.date
    source: str
    rules: tuple[FeeRule, ...]

    def rule(self, at: Situation) -> FeeRule | None:
        """The first rule that matches a situation."""
        return next((rule for rule in self.rules if rule.matches(at)), None)

    def status(self, at: Situation) -> str:
        """The status in a situation."""
        rule = self.rule(at)
        return "regular" if rule is None else rule.status

    @cached_property
    def calls_for_fees(self) -> bool:
        """Whether any rule does."""
        return any(rule.fees for rule in self.rules)

    @cached_property
    def looks_at_items(self) -> bool:
        """Whether any rule asks what is late, not only for how long."""
        return any(rule.kinds is not None or rule.currency is not None for rule in self.rules)

    @cached_property
    def loyalty_matters_unlate(self) -> bool:
        """Whether loyalty decides anything about those who are not late."""
        return any(
            (rule.loyalty_years_min, rule.loyalty_years_max) != (None, None)
            and _within(0, rule.days_late_min, rule.days_late_max)
            for rule in self.rules
        )

    @cached_property
    def days_that_matter(self) -> tuple[int, ...]:
        """Days late at which the answer may change, ascending."""
        days = {1}
        for rule in self.rules:
            days |= {rule.days_late_min} if rule.days_late_min is not None else set()
            days |= {rule.days_late_max + 1} if rule.days_late_max is not None else set()
        return tuple(sorted(day for day in days if day > 0))

    def findings(self) -> list[str]:
        """Rows that can never decide, rows that contradict each other, what no row speaks of."""
        from domain.fees.findings import findings

        return findings(self.rules)


def load_fees_policy() -> FeesPolicy:
    """The starting rules. Reads the data file next to this module: call it at start."""
    text = (files("domain.fees") / "data" / "rules.toml").read_text("utf-8")
    return FeesPolicy.model_validate(tomllib.loads(text))
