"""Counts what a draft would change, and says when it must not go live."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.events.base import Data
from domain.impact.limits import ImpactLimits
from domain.impact.outlook import Outlook, outlook
from domain.policy.ruleset import RuleSet
from domain.rulesets import replaced


class Tally(Data):
    """Customers by whether we would write to them, and how many messages that are."""

    now: int = 0
    later: int = 0
    held: int = 0
    messages: int = 0

    @property
    def contacted(self) -> int:
        """Now or within the horizon."""
        return self.now + self.later


class Counts(Data):
    """Of one batch or of all: they add up."""

    counted: int = 0
    present: Tally = Tally()
    draft: Tally = Tally()
    #: Contacted today and no longer with the draft; held today and contacted with the draft.
    lost: int = 0
    won: int = 0
    #: Treated otherwise in any way that is counted here.
    changed: int = 0
    fee_status_changed: int = 0
    #: Whom the draft could not be played for, and why (the first one).
    failed: int = 0
    failure: str = ""

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            counted=self.counted + other.counted,
            present=_sum(self.present, other.present),
            draft=_sum(self.draft, other.draft),
            lost=self.lost + other.lost,
            won=self.won + other.won,
            changed=self.changed + other.changed,
            fee_status_changed=self.fee_status_changed + other.fee_status_changed,
            failed=self.failed + other.failed,
            failure=self.failure or other.failure,
        )


class Refusal(Data):
    """Why a draft must not be submitted; the numbers are those that a person is shown."""

    code: Literal["contacts_nobody", "contacts_everybody", "cannot_be_played"]
    of: int
    count: int
    detail: str = ""


def count(
    states: Iterable[CustomerState],
    present: CollectionsPolicy,
    draft: Mapping[str, RuleSet],
    now: dt.datetime,
    limits: ImpactLimits,
) -> Counts:
    """Play every customer under `present` and under it with the rule sets of `draft`."""
    changed = replaced(present, draft)
    total = Counts()
    for state in states:
        before = outlook(state, present, now, limits)
        try:
            after = outlook(state, changed, now, limits)
        except Exception as error:  # noqa: BLE001 - whatever a draft breaks is its author's to know
            failure = f"{type(error).__name__}: {error}"[:300]
            total = total.plus(Counts(counted=1, failed=1, failure=failure, present=_one(before)))
            continue
        total = total.plus(_compared(before, after))
    return total


def refusals(counts: Counts, limits: ImpactLimits) -> tuple[Refusal, ...]:
    """Nobody of those contacted today, (nearly) everybody of those held, or it breaks."""
    found = []
    if counts.failed:
        found.append(
            Refusal(
                code="cannot_be_played",
                of=counts.counted,
                count=counts.failed,
                detail=counts.failure,
            )
        )
    contacted, held = counts.present.contacted, counts.present.held
    if contacted and counts.lost >= contacted:
        found.append(Refusal(code="contacts_nobody", of=contacted, count=counts.lost))
    if held >= limits.held_min and counts.won * 100 >= held * limits.everybody_percent:
        found.append(Refusal(code="contacts_everybody", of=held, count=counts.won))
    return tuple(found)


def needs_confirmation(counts: Counts, limits: ImpactLimits) -> bool:
    """Whether so many would be treated otherwise that a person should say it twice."""
    return bool(counts.changed) and counts.changed * 100 >= counts.counted * limits.confirm_percent


def _compared(before: Outlook, after: Outlook) -> Counts:
    fee_status = before.fee_status != after.fee_status
    return Counts(
        counted=1,
        present=_one(before),
        draft=_one(after),
        lost=int(before.contacted != "not" and after.contacted == "not"),
        won=int(before.contacted == "not" and after.contacted != "not"),
        changed=int(before != after),
        fee_status_changed=int(fee_status),
    )


def _one(found: Outlook) -> Tally:
    return Tally(
        now=int(found.contacted == "now"),
        later=int(found.contacted == "later"),
        held=int(found.contacted == "not"),
        messages=found.messages,
    )


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(
        now=one.now + other.now,
        later=one.later + other.later,
        held=one.held + other.held,
        messages=one.messages + other.messages,
    )
