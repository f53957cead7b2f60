"""Rules for the fee status, as data."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Literal

from domain.events.base import Data
from domain.policy.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Situation:
    """What rules look at."""

    days_late: int
    loyalty_years: int
    person_group: str | None
    region: str | None


class FeeRule(Data):
    """Conditions that must all hold; an absent one always does."""

    status: str
    days_late_min: int | None = None
    days_late_max: int | None = None
    loyalty_years_min: int | None = None
    loyalty_years_max: int | None = None
    person_groups: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    def matches(self, at: Situation) -> bool:
        """Whether the rule speaks of the situation."""
        return (
            _within(at.days_late, self.days_late_min, self.days_late_max)
            and _within(at.loyalty_years, self.loyalty_years_min, self.loyalty_years_max)
            and (self.person_groups is None or at.person_group in self.person_groups)
            and (self.regions is None or at.region in self.regions)
        )


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


class FeesPolicy(RuleSet):
    """A version of the rules. Total: `regular` where none matches."""

    id: Literal["fee-status"]
    valid_from: dt.date
    source: str
    rules: tuple[FeeRule, ...]

    def status(self, at: Situation) -> str:
        """The status in a situation: the first rule that matches."""
        return next((rule.status for rule in self.rules if rule.matches(at)), "regular")

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


def load_fees_policy() -> FeesPolicy:
    """The starting rules. Reads the data file next to this module: call it at start."""
    text = (files("domain.fees") / "data" / "rules.toml").read_text("utf-8")
    return FeesPolicy.model_validate(tomllib.loads(text))
