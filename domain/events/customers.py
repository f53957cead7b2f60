"""Topic `customers` and `interactions`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from domain.events.base import (
    Channel,
    Country,
    Data,
    Day,
    Email,
    Id,
    Instant,
    Language,
    Phone,
    Text,
    Zone,
)

Flag = Literal[
    "dispute",
    "deceased",
    "insolvency",
    "vulnerable",
    "moratorium",
    "complaint",
    "represented",
    "cease_contact",
]
Purpose = Literal["service", "collection", "marketing"]
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
LocalTime = Annotated[str, StringConstraints(pattern=_CLOCK)]


class PersonName(Data):
    given: Text
    family: Text


class Contact(Data):
    mobile: Phone | None = None
    email: Email | None = None
    push_token: Id | None = None
    address: Any | None = None


class QuietHours(Data):
    """Local times between which the customer wants no message; may run over midnight."""

    # Rows keep profiles as JSON, so what is written must be readable again.
    model_config = Data.model_config | {"serialize_by_alias": True}

    from_: Annotated[LocalTime, Field(alias="from")]
    to: LocalTime


class Preferences(Data):
    channels: tuple[Channel, ...] = ()
    quiet_hours: QuietHours | None = None


class Consent(Data):
    channel: Channel
    purpose: Purpose
    granted: bool
    at: Instant
    proof: Any | None = None


class CustomerUpdated(Data):
    customer_id: Id
    name: PersonName
    birth_date: Day
    language: Language
    country: Country
    timezone: Zone
    contact: Contact
    preferences: Preferences | None = None
    consents: tuple[Consent, ...] = ()
    person_group: Id | None = None
    region: Id | None = None
    customer_since: Day
    flags: tuple[Flag, ...] = ()
    brand: Id | None = None
    #: The day of the month on which they have their money: a retry prefers it.
    payday: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None


class Interaction(Data):
    """Any of the interaction types; `conversation.held.v1` also carries its direction."""

    customer_id: Id
    channel: Id
    at: Instant
    message_id: Id | None = None
    detail: Any | None = None
    direction: Literal["inbound", "outbound"] | None = None
