"""What collections are configured with: the starting rule sets, replaced live by newer ones."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from domain.arrangements.policy import PlanRules
from domain.collections.codes import ReturnCodes, load_return_codes
from domain.compliance.policy import ContactRules
from domain.debits.policy import RetryRules
from domain.events.base import Channel, Data, WallTime
from domain.fees.policy import FeesPolicy, load_fees_policy
from domain.notices.policy import DeliveryRules
from domain.overdue.policy import OverdueRules
from domain.policy.ruleset import RuleSet, starting
from domain.receivables.policy import ChargeRules
from domain.templates.legal import LegalTexts, load_legal_texts
from domain.templates.texts import Texts, load_texts

Days = Annotated[int, Field(strict=True, ge=0, le=3650)]
Hours = Annotated[int, Field(strict=True, ge=0, le=8760)]


def _rising(days: tuple[int, ...]) -> tuple[int, ...]:
    """Two steps on one day would leave at once; the first is what the others are counted from."""
    if days[0] != 0 or any(later <= day for day, later in pairwise(days)):
        raise ValueError(
            "the days of the steps begin with 0, and each is later than the one before"
        )
    return days


class Numbers(Data):
    """One effective-dated row of the rhythm of messages."""

    valid_from: dt.date
    source: str
    window_opens: WallTime
    window_closes: WallTime
    spread_seconds: Annotated[int, Field(strict=True, ge=0, le=86_400)]
    step_days: Annotated[tuple[Days, ...], Field(min_length=1), AfterValidator(_rising)]
    #: A further failure within these hours joins the sequence that runs.
    join_hours: Hours
    #: A step later than this pushes the next one, so that two never follow on each other's heels.
    late_hours: Hours
    #: A thank-you at any hour may leave for so long; one that is held is given up after the days.
    thanks_hours: Annotated[int, Field(strict=True, ge=1, le=8760)]
    thanks_days: Days
    settle_target_days: Annotated[int, Field(strict=True, ge=0, le=90)]

    @model_validator(mode="after")
    def _is_open_sometime(self) -> Numbers:
        if self.window_opens >= self.window_closes:
            raise ValueError("the window closes before it opens: nobody would ever be reached")
        return self


class Limits(Data):
    """Bounds of a row."""

    orphan_days: int
    seen_days: int
    not_sent_max: int
    messages_max: int
    contacts_max: int
    waiting_max: int
    seen_max: int
    facts_max: int
    waiting_chars_max: int
    notices_max: int


class ReminderRules(RuleSet):
    """The rhythm and tone of reminders and thank-yous."""

    id: Literal["reminders"]
    rows: Annotated[tuple[Numbers, ...], Field(min_length=1)]
    tones: dict[int, str]
    hold_thanks: frozenset[str]
    default_channels: Annotated[tuple[Channel, ...], Field(min_length=1)]

    @cached_property
    def newest_first(self) -> tuple[Numbers, ...]:
        """The rows, the one that holds longest last."""
        return tuple(sorted(self.rows, key=lambda row: row.valid_from, reverse=True))


class CollectionsPolicy(Data):
    """Everything the rules of collections take from outside, immutable."""

    reminders: ReminderRules
    return_codes: ReturnCodes
    texts: Texts
    legal_texts: LegalTexts
    fees: FeesPolicy
    contact: ContactRules
    charges: ChargeRules
    overdue: OverdueRules
    plans: PlanRules
    retries: RetryRules
    delivery: DeliveryRules
    limits: Limits
    #: A payment link is this and `/` and a signed token.
    link_base_url: str
    link_secret: str = Field(repr=False)
    link_days: int = 30
    default_brand: str = "Dunnock"

    def at(self, now: dt.datetime) -> Numbers:
        """The numbers in force, by the date in UTC; before the first row, the first."""
        today, rows = now.date(), self.reminders.newest_first
        return next((row for row in rows if row.valid_from <= today), rows[-1])

    @property
    def tones(self) -> dict[int, str]:
        """Step -> the tone it is written in."""
        return self.reminders.tones

    @property
    def hold_thanks(self) -> frozenset[str]:
        """Flags that hold thank-yous as well as reminders."""
        return self.reminders.hold_thanks

    @property
    def default_channels(self) -> tuple[Channel, ...]:
        """The order of those who have chosen none."""
        return self.reminders.default_channels


def load_policy(link_base_url: str, link_secret: str, link_days: int = 30) -> CollectionsPolicy:
    """The starting configuration. Reads the data files of the rules: call it at start."""
    data = files("domain.collections") / "data"
    return CollectionsPolicy(
        reminders=ReminderRules.model_validate(
            tomllib.loads((data / "reminders.toml").read_text("utf-8"))
        ),
        return_codes=load_return_codes(),
        texts=load_texts(),
        legal_texts=load_legal_texts(),
        fees=load_fees_policy(),
        contact=starting("domain.compliance", ContactRules),
        charges=starting("domain.receivables", ChargeRules),
        overdue=starting("domain.overdue", OverdueRules),
        plans=starting("domain.arrangements", PlanRules),
        retries=starting("domain.debits", RetryRules),
        delivery=starting("domain.notices", DeliveryRules),
        limits=Limits.model_validate(tomllib.loads((data / "limits.toml").read_text("utf-8"))),
        link_base_url=link_base_url.rstrip("/"),
        link_secret=link_secret,
        link_days=link_days,
    )
