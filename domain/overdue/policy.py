"""The rule set `overdue`: states of arrears, what leads into each, and what follows from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from domain.events.base import Data
from domain.money import MINOR_MAX, Currency
from domain.policy.ruleset import RuleSet

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
#: What days are counted from.
Since = Literal["due", "end_of_month", "last_reminder"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions look at: facts and the clock, nothing of the state before.

    `days`: days since each starting point, of the item that is longest late; paused days are
    taken off. None where there is no such point (nothing was reminded yet).
    """

    days: dict[Since, int | None]
    open_minor: dict[str, int]
    items: int
    reminders: int
    codes: frozenset[str]
    flags: frozenset[str]
    person_group: str | None
    brand: str | None
    kinds: frozenset[str]


class Condition(Data):
    """All that is named must hold; what is absent always does."""

    model_config = Data.model_config | {"extra": "forbid"}

    days_min: Annotated[int, Field(ge=0, le=3650)] | None = None
    since: Since = "due"
    #: The open amount of one currency must reach this. In minor units.
    open_minor_min: dict[Currency, Annotated[int, Field(gt=0, le=MINOR_MAX)]] = Field(
        default_factory=dict
    )
    items_min: Annotated[int, Field(ge=1, le=10_000)] | None = None
    reminders_min: Annotated[int, Field(ge=1, le=10_000)] | None = None
    codes: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    without_flags: frozenset[str] = frozenset()
    person_groups: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def holds(self, at: Situation) -> bool:
        """Whether the situation satisfies it. Total."""
        days = at.days.get(self.since)
        return (
            (self.days_min is None or (days is not None and days >= self.days_min))
            and self._is_enough(at.open_minor)
            and at.items >= (self.items_min or 0)
            and at.reminders >= (self.reminders_min or 0)
            and (not self.codes or bool(self.codes & at.codes))
            and self.flags <= at.flags
            and not (self.without_flags & at.flags)
            and (not self.person_groups or at.person_group in self.person_groups)
            and (not self.brands or at.brand in self.brands)
            and (not self.kinds or bool(self.kinds & at.kinds))
        )

    def _is_enough(self, open_minor: dict[str, int]) -> bool:
        if not self.open_minor_min:
            return True
        return any(open_minor.get(key, 0) >= least for key, least in self.open_minor_min.items())


class State(Data):
    """One state, worse than those before it in the list."""

    model_config = Data.model_config | {"extra": "forbid"}

    name: Name
    label: dict[str, str]
    valid_from: dt.date
    source: str
    when: Condition
    #: Services to restrict while it lasts, as the ERP names them; given back when it ends.
    services: tuple[Name, ...] = ()
    #: Notices to send once for each time it is entered.
    notices: tuple[Name, ...] = ()
    #: Reminders of this state and worse leave by these channels first.
    channels: tuple[Literal["sms", "push", "email", "letter"], ...] = ()
    #: Ask a person to write off or hand over (the case says so).
    propose: Literal["hand_over", "write_off"] | None = None


class OverdueRules(RuleSet):
    """States from mild to severe. The worst whose condition holds is the customer's.

    None holds, or nothing is open: `clear`.
    """

    id: Literal["overdue"]
    clear_label: dict[str, str]
    #: What is open up to this (minor units) is not chased.
    tolerance_minor: dict[Currency, Annotated[int, Field(ge=0, le=MINOR_MAX)]] = Field(
        default_factory=dict
    )
    #: Remind so many days before the due date; a customer's own choice outranks it. None: don't.
    days_before_due: Annotated[int, Field(ge=0, le=60)] | None = None
    states: Annotated[tuple[State, ...], Field(max_length=20)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> OverdueRules:
        names = ["clear", *(state.name for state in self.states)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"states that are named twice: {', '.join(twice)}")
        return self

    def state_for(self, at: Situation, on: dt.date) -> State | None:
        """The state of a situation; None: clear."""
        if not at.items:
            return None
        for state in self._worst_first:
            if state.valid_from <= on and state.when.holds(at):
                return state
        return None

    def severity(self, name: str | None) -> int:
        """0 for clear and for states there are no more."""
        return self._places.get(name or "", 0)

    @cached_property
    def _worst_first(self) -> tuple[State, ...]:
        return tuple(reversed(self.states))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {state.name: place for place, state in enumerate(self.states, start=1)}

    @cached_property
    def days_that_matter(self) -> frozenset[tuple[Since, int]]:
        """At how many days, since what, the answer may change by time alone."""
        return frozenset(
            (state.when.since, state.when.days_min)
            for state in self.states
            if state.when.days_min is not None
        )

    @cached_property
    def look_at_reminders(self) -> bool:
        """Whether any state depends on what was reminded, so that it has to be counted."""
        return any(
            state.when.reminders_min is not None or state.when.since == "last_reminder"
            for state in self.states
        )

    def findings(self) -> list[str]:
        """States that can never be, and consequences that come suddenly."""
        found = []
        for place, state in enumerate(self.states):
            for worse in self.states[place + 1 :]:
                if _covers(worse.when, state.when):
                    found.append(f"{state.name} is never reached: {worse.name} covers it")
                    break
            if state.services and (state.when.days_min or 0) < _SOON_DAYS:
                found.append(f"{state.name} restricts services within {_SOON_DAYS} days")
        return found


#: A restriction this soon after the due date deserves a second look.
_SOON_DAYS = 14


def _covers(wide: Condition, narrow: Condition) -> bool:
    """Whether `wide` holds wherever `narrow` does, as far as that is plain to see."""
    plain = wide.model_copy(update={"days_min": None, "since": narrow.since})
    is_looser = wide.days_min is None or (
        wide.since == narrow.since and wide.days_min <= (narrow.days_min or 0)
    )
    return is_looser and (
        plain == Condition(since=narrow.since)
        or plain == narrow.model_copy(update={"days_min": None})
    )
