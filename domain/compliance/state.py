"""What a customer's row keeps for the contact gate: what it counts by and what it may not pass."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.compliance.rows import Day
from domain.events.base import Channel
from domain.events.customers import Purpose, QuietHours
from domain.row import Row


class Call(Row):
    """A call that was tried, or a conversation that was held."""

    at: AwareDatetime
    kind: Literal["attempt", "conversation"]
    #: The debts it was about; None: nobody said, so it counts for each.
    invoice_ids: tuple[str, ...] | None = None
    #: The customer asked for further calls themselves.
    consented: bool = False


class LedgerEntry(Row):
    """One consent or refusal, for one address (None: the channel) and purpose (None: any)."""

    channel: Channel
    address: str | None = None
    purpose: Purpose | None = None
    granted: bool
    at: AwareDatetime
    #: What proves it: the words that were said, a reference, a recording.
    proof: str | None = None
    by: str = ""
    ce_id: str = ""


class Limit(Row):
    """A time or a place at which this person may not be contacted, or somebody else's address."""

    kind: Literal["inconvenient_time", "inconvenient_place", "third_party"]
    at: AwareDatetime
    channels: tuple[Channel, ...] = ()
    address: str | None = None
    #: Between these local times; None: at no time of these days.
    times: QuietHours | None = None
    days: tuple[Day, ...] = ()


class ComplianceFile(Row):
    """Calls, conversations, consents, and what the customer has forbidden."""

    calls: tuple[Call, ...] = ()
    consents: tuple[LedgerEntry, ...] = ()
    #: Channel or `all` -> when contact over it was last stopped, and allowed again.
    stops: dict[str, AwareDatetime] = Field(default_factory=dict)
    resumes: dict[str, AwareDatetime] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    #: Limits that were lifted: kept, so that lifting may arrive first.
    lifted: dict[str, AwareDatetime] = Field(default_factory=dict)
    #: Invoices of which the customer has been given, or is owed, a validation notice.
    validated: tuple[str, ...] = ()
