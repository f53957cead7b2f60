"""What a customer's row keeps of mandates, planned retries and collections under way."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.events.actions import MandateSigned
from domain.events.debits import Challenger, MandateState, Scheme, SequenceType
from domain.row import Row


class Mandate(Row):
    """A mandate by its reference (UMR). `signed` is missing where only its end is known."""

    signed: MandateSigned | None = None
    #: The earliest revocation by the customer.
    revoked_at: AwareDatetime | None = None
    #: As last published.
    state: MandateState | None = None


class LinkStarted(Row):
    """The customer has gone to the payment page's provider."""

    at: AwareDatetime
    invoice_ids: tuple[str, ...] | None = None


class Plan(Row):
    """The next collection of an invoice, or why there is none."""

    status: Literal["waiting", "looking", "blocked"]
    because: str | None = None
    #: The failed debit that it answers to.
    basis: str = ""
    collection_id: str = ""
    attempt: int = 0
    amount_minor: int = 0
    mandate_id: str = ""
    collect_on: dt.date | None = None
    submit_at: AwareDatetime | None = None
    cut_off: AwareDatetime | None = None
    reasons: tuple[str, ...] = ()
    challenger: Challenger | None = None


class Collection(Row):
    """A collection that we asked for. `requested` until money, failure or cancellation comes.

    `unanswered`: none came within the days in which banks answer; an answer may still come.
    """

    invoice_id: str
    attempt: int
    amount_minor: int
    currency: str
    mandate_id: str
    scheme: Scheme
    sequence_type: SequenceType
    collect_on: dt.date
    cancellable_until: AwareDatetime
    requested_at: AwareDatetime
    state: Literal["requested", "cancelled", "failed", "settled", "unanswered"] = "requested"
    because: str | None = None
    ended_at: AwareDatetime | None = None


class Debits(Row):
    """Mandates by reference, plans by invoice, collections by end-to-end id."""

    mandates: dict[str, Mandate] = Field(default_factory=dict)
    links: dict[str, LinkStarted] = Field(default_factory=dict)
    plans: dict[str, Plan] = Field(default_factory=dict)
    collections: dict[str, Collection] = Field(default_factory=dict)
    #: Payments whose thank-you has been corrected.
    corrected: tuple[str, ...] = ()
