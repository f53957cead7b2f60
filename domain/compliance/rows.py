"""What a row of the contact rules may say: one model a kind."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Channel, Data, Id, WallTime

Profile = Literal["contract", "strict"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
Contact = Literal["message", "call"]
#: What a message may be sent for; advertising is not ours.
Purpose = Literal["service", "collection"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Count = Annotated[int, Field(strict=True, ge=0, le=1000)]
Days = Annotated[int, Field(strict=True, ge=1, le=366)]


class Rule(Data):
    """What every row has. Versions of a row share its id; the newest that has begun holds."""

    model_config = Data.model_config | {"extra": "forbid"}

    id: Id
    kind: str
    #: One of the rule set's jurisdictions, `*` for everywhere else.
    jurisdiction: Id
    #: Only in these profiles; empty: in all.
    profiles: tuple[Profile, ...] = ()
    valid_from: dt.date
    valid_until: dt.date | None = None
    source: Annotated[str, Field(min_length=1)]


class HoursRule(Rule):
    """On these days only between `opens` and `closes`, or not at all, where the customer lives."""

    kind: Literal["hours"]
    #: `holiday`: public holidays of the country and region, whatever day of the week it is.
    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    closed: bool = False
    opens: WallTime = dt.time.min
    #: Never later than the daily window, so the last second of a day stands for its end.
    closes: WallTime = dt.time(23, 59, 59)
    contacts: tuple[Contact, ...] = ("message", "call")
    #: Only in these parts of the country (ISO 3166-2 without the country); empty: in all.
    regions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_open_sometime(self) -> HoursRule:
        if not self.closed and self.opens >= self.closes:
            raise ValueError(f"{self.id}: opens at {self.opens}, after it closes at {self.closes}")
        return self


class ZonesRule(Rule):
    """What else may tell where somebody is: a contact must be in the hours of every such zone."""

    kind: Literal["zones"]
    sources: Annotated[tuple[Literal["address", "phone"], ...], Field(min_length=1)]
    #: Also when number or address belong to another country than the customer's.
    abroad: bool = False


class CapRule(Rule):
    """At most so many messages to a person in so many times 24 hours, over all their debts."""

    kind: Literal["cap"]
    #: Only these channels, counted together; empty: all.
    channels: tuple[Channel, ...] = ()
    at_most: Annotated[int, Field(strict=True, ge=1, le=1000)]
    days: Days
    #: Messages that neither count nor are held back: answers, and letters that the law demands.
    exempt: tuple[Id, ...] = ()


class CallsRule(Rule):
    """At most so many call attempts in so many days running, for each debt and person."""

    kind: Literal["calls"]
    at_most: Count
    days: Days
    #: Not a ban but what a court presumes: people see it, and we keep to it.
    presumption: bool = False
    #: Direct prior consent lifts it, for so many days at most; the day it was given is the first.
    consent_days: Count = 0


class ConversationRule(Rule):
    """No call about a debt for so many days; the day of the conversation is the first."""

    kind: Literal["conversation"]
    days: Days
    presumption: bool = False
    consent_days: Count = 0


class DisclosureRule(Rule):
    """What an electronic message must carry; one without is not sent."""

    kind: Literal["disclosure"]
    what: Literal["identity", "opt_out"]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    purposes: tuple[Purpose, ...] = ("collection", "service")


class LimitationRule(Rule):
    """After so many years nobody may be asked for the money any more."""

    kind: Literal["limitation"]
    years: Annotated[int, Field(strict=True, ge=1, le=30)]
    #: The day after it fell due, or the end of the year in which it did.
    starts: Literal["due", "year_end"] = "due"
    #: Of these kinds of invoice; empty: of the others.
    kinds: tuple[Id, ...] = ()
    #: Only in these parts of the country; a row for the region outranks one for all.
    regions: tuple[str, ...] = ()
    #: Whether a payment before the end starts the period anew.
    restarts: bool = True


class ValidationRule(Rule):
    """A notice of what is owed and of the right to dispute it, soon after the first contact."""

    kind: Literal["validation"]
    #: Owed within so many days of the first contact.
    days: Days
    #: How long the customer may dispute, from the receipt on.
    dispute_days: Days
    channels: tuple[Channel, ...] = ()
