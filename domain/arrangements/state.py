"""What a customer's row keeps of agreements: the facts as they came, and what became of them."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.events.actions import (
    DisputeOpened,
    HoldPlaced,
    PlanAgreed,
    PreferencesChanged,
    PromiseMade,
)
from domain.row import Row

PromiseState = Literal["running", "kept", "broken", "withdrawn"]
PlanState = Literal["running", "late", "completed", "broken", "cancelled"]
HardshipKind = Literal["breathing_space", "mental_health_crisis", "forbearance"]


class Promise(Row):
    """A promise, what has come of it, and how it ended."""

    facts: PromiseMade
    state: PromiseState = "running"
    decided_at: AwareDatetime | None = None
    #: Settled money for its items since it was made, and what is still provisional.
    received: int = 0
    pending: int = 0
    #: How often its state has changed: part of the ids of what is published of it.
    changes: int = 0


class Plan(Row):
    """A payment plan: the schedule as agreed, what was paid on it, and how it stands."""

    facts: PlanAgreed
    state: PlanState = "running"
    paid: int = 0
    pending: int = 0
    #: Instalments whose days of grace are over and which the money does not cover.
    missed: int = 0
    #: Since when so many are missed that the plan breaks unless it catches up.
    late_since: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    changes: int = 0
    #: Its invoices that were written off or handed over -> what was open of each then. They have
    #: left the plan, also if they are recalled; what had been paid on them stays paid.
    given_up: dict[str, int] = Field(default_factory=dict)
    paid_on_given_up: int = 0

    @property
    def is_running(self) -> bool:
        """Neither over nor broken: instalments are expected."""
        return self.state in {"running", "late"}

    @property
    def about(self) -> tuple[str, ...]:
        """The invoices that it is about now."""
        return tuple(key for key in self.facts.invoice_ids if key not in self.given_up)

    @property
    def relieved(self) -> int:
        """What nobody has to pay on it any more: it counts as covered."""
        return sum(self.given_up.values())

    @property
    def total(self) -> int:
        """All instalments, less what is relieved."""
        return max(0, sum(part.amount.minor for part in self.facts.instalments) - self.relieved)


class Hardship(Row):
    """A pause of clocks, fees and contact: the days in [begins, until), where they live.

    `until` and `ended_on` are the first day on which everything goes on; the earlier one counts.
    """

    kind: HardshipKind
    begins: dt.date
    #: As it was said; where nothing was, the rule's end where the customer lives (once known).
    until: dt.date | None = None
    rule_until: dt.date | None = None
    at: AwareDatetime
    by: str
    reason: str = ""


class Closing(Row):
    """What ended something. Kept beside it, so that either may arrive first."""

    at: AwareDatetime
    by: str
    #: Disputes: whether the customer was right.
    upheld: bool | None = None
    #: Hardship: the first day that is not paused.
    ended_on: dt.date | None = None


class Arrangements(Row):
    """Everything agreed with a customer that changes how they are reminded. By their own ids."""

    holds: dict[str, HoldPlaced] = Field(default_factory=dict)
    disputes: dict[str, DisputeOpened] = Field(default_factory=dict)
    promises: dict[str, Promise] = Field(default_factory=dict)
    plans: dict[str, Plan] = Field(default_factory=dict)
    hardships: dict[str, Hardship] = Field(default_factory=dict)
    #: `hold|<id>`, `promise|<id>`, … -> what ended it.
    closings: dict[str, Closing] = Field(default_factory=dict)
    preferences: PreferencesChanged | None = None
    preferences_ce_id: str = ""
    #: The first day of the pause that runs now: when it ends, the steps come so many days later.
    paused_since: dt.date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever agreed, so that there is nothing to follow."""
        return not (self.holds or self.disputes or self.promises or self.plans or self.hardships)
