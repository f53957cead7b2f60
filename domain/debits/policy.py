"""The rule set `retries`: when a failed debit is collected again, and by which mandate."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from domain.events.base import Country, Data, WallTime
from domain.policy.ruleset import RuleSet

#: What may speak for a day, best known first in the rules' own order.
DayReason = Literal["payday", "after_payday", "month_start", "soonest"]
Points = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]

_PRENOTICE_DAYS = 14
_WINDOW_DAYS = (28, 42)
_RETRIES_USUAL = 3


class RetryNumbers(Data):
    """One effective-dated row of the numbers of a retry plan."""

    valid_from: dt.date
    source: str
    #: Presentations after the first one, whoever made them; a return code may allow fewer.
    retries_max: Annotated[int, Field(strict=True, ge=0, le=10)]
    #: Days after the first failure within which the last retry is collected.
    window_days: Annotated[int, Field(strict=True, ge=1, le=90)]
    min_gap_days: Annotated[int, Field(strict=True, ge=1, le=42)]
    #: After codes that first call for a link (MS03 elsewhere, unknown ones).
    link_first_days: Annotated[int, Field(strict=True, ge=0, le=42)]
    #: Calendar days between pre-notification and collection; 0: none is sent.
    prenotification_days: Annotated[int, Field(strict=True, ge=0, le=60)]
    #: TARGET days before the collection on which it is asked for, and Frankfurt's times of day:
    #: it is decided at the one and can be taken back until the other.
    submit_target_days: Annotated[int, Field(strict=True, ge=1, le=14)]
    submit_at: WallTime
    cut_off: WallTime
    #: How long somebody who went to pay by link is left to it.
    link_block_minutes: Annotated[int, Field(strict=True, ge=1, le=10_080)]
    #: A mandate unused for so many months has lapsed.
    mandate_idle_months: Annotated[int, Field(strict=True, ge=1, le=120)]
    #: TARGET days after its day by which a collection has its answer; then people look at it.
    answer_target_days: Annotated[int, Field(strict=True, ge=5, le=260)] = 21


class LadderStep(Data):
    """How the day of one retry is chosen: not before so many days, then by preference."""

    retry: Annotated[int, Field(strict=True, ge=1, le=10)]
    earliest_days: Annotated[int, Field(strict=True, ge=0, le=42)]
    prefers: tuple[DayReason, ...] = ("soonest",)


class Payday(Data):
    """When people of a country (region, person group) usually have their money."""

    source: str
    day: Annotated[int, Field(strict=True, ge=1, le=31)]
    #: Which banking day counts where the day is none.
    roll: Literal["before", "after"] = "before"
    countries: frozenset[Country] = frozenset()
    regions: frozenset[str] = frozenset()
    person_groups: frozenset[str] = frozenset()


class ChallengerModel(Data):
    """A linear model that names its day beside the ladder's, to be compared; it never decides."""

    name: str
    #: Points for each reason that speaks for a day.
    points: dict[DayReason, Points]
    points_per_day: Points = 0


class RetryRules(RuleSet):
    """The retry plan of failed debits and the life cycle of mandates."""

    id: Literal["retries"]
    #: Off: the ERP presents again itself. Two who collect would collect twice.
    enabled: bool = False
    rows: Annotated[tuple[RetryNumbers, ...], Field(min_length=1)]
    ladder: Annotated[tuple[LadderStep, ...], Field(min_length=1)]
    paydays: tuple[Payday, ...] = ()
    challenger: ChallengerModel | None = None
    #: No collection whose mandate has no account with us: no bank file could be written of it.
    needs_account: bool = True
    #: Mark the first collection of a mandate FRST; the rulebooks let it be RCUR since 2016.
    marks_first: bool = False
    #: Ask for a new mandate after a code that calls for one.
    asks_new_mandate: bool = False
    #: Correct a thank-you when its money goes back.
    corrects_thanks: bool = False

    @cached_property
    def newest_first(self) -> tuple[RetryNumbers, ...]:
        """The rows, the one that holds longest last."""
        return tuple(sorted(self.rows, key=lambda row: row.valid_from, reverse=True))

    def at(self, today: dt.date) -> RetryNumbers:
        """The numbers in force; before the first row, the first."""
        rows = self.newest_first
        return next((row for row in rows if row.valid_from <= today), rows[-1])

    def step(self, retry: int) -> LadderStep:
        """The ladder's step for the n-th retry; beyond its end, the last."""
        in_order = sorted(self.ladder, key=lambda step: step.retry)
        return next((step for step in in_order if step.retry >= retry), in_order[-1])

    def payday(self, country: str, region: str | None, group: str | None) -> Payday | None:
        """The first row that speaks of such a customer."""
        for row in self.paydays:
            if (
                (not row.countries or country in row.countries)
                and (not row.regions or region in row.regions)
                and (not row.person_groups or group in row.person_groups)
            ):
                return row
        return None

    def own_payday(self, day: int, usual: Payday | None) -> Payday:
        """The customer's own day, on the banking day that is usual where they live."""
        roll = usual.roll if usual else "before"
        return Payday(source="customer.updated.v1", day=day, roll=roll)

    def findings(self) -> list[str]:
        """What a person should know before this goes live."""
        found = []
        if self.enabled:
            found.append("retries are on: the ERP must no longer present failed debits again")
        for row in self.rows:
            found += _findings_of(row)
        wanted = {reason for step in self.ladder for reason in step.prefers}
        if wanted & {"payday", "after_payday"} and not self.paydays:
            found.append("the ladder prefers paydays, and no payday is known")
        steps = [step.retry for step in self.ladder]
        if len(steps) != len(set(steps)):
            found.append("two steps of the ladder are for the same retry: the first is taken")
        return found


def _findings_of(row: RetryNumbers) -> list[str]:
    since, found = row.valid_from.isoformat(), []
    if row.prenotification_days < _PRENOTICE_DAYS:
        found.append(
            f"{since}: pre-notification is shorter than {_PRENOTICE_DAYS} days:"
            " that needs an agreement with the debtor"
        )
    if not _WINDOW_DAYS[0] <= row.window_days <= _WINDOW_DAYS[1]:
        found.append(f"{since}: a window of {row.window_days} days is outside the usual 28 to 42")
    if row.retries_max > _RETRIES_USUAL:
        found.append(f"{since}: more than {_RETRIES_USUAL} retries cost charges and goodwill")
    if row.prenotification_days >= row.window_days:
        found.append(f"{since}: no day of the window can be announced in time: nothing is retried")
    if row.cut_off <= row.submit_at:
        found.append(f"{since}: the cut-off lies before the submission: nothing is ever collected")
    return found
