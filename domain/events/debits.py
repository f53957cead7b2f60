"""Topic `direct-debits`: collections that we ask for, and mandates as they stand."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from domain.events.base import Data, Id
from domain.events.outputs import LastLook
from domain.money import Money

#: Of the SEPA rulebooks: first, recurrent and final of a series, and one-off.
SequenceType = Literal["FRST", "RCUR", "FNAL", "OOFF"]
Scheme = Literal["core", "b2b"]
MandateState = Literal["pending", "active", "revoked", "expired"]
#: ISO 20022 Max35Text, which bounds end-to-end ids and mandate references.
EndToEndId = Annotated[str, StringConstraints(min_length=1, max_length=35)]


class Debtor(Data):
    """Whose account is debited; absent where only the ERP knows it."""

    name: str
    iban: str


class Challenger(Data):
    """What a model that does not decide would have chosen."""

    name: str
    collect_on: dt.date


class DirectDebitRequested(Data):
    collection_id: EndToEndId
    customer_id: Id
    invoice_id: Id
    attempt: int
    amount: Money
    mandate_id: Id
    scheme: Scheme
    sequence_type: SequenceType
    signed_on: dt.date | None = None
    debtor: Debtor | None = None
    country: str
    collect_on: dt.date
    #: Until then a `direct-debit.cancelled.v1` may follow: present it to the bank after it.
    cancellable_until: AwareDatetime
    requested_at: AwareDatetime
    caused_by: str
    reasons: tuple[str, ...] = ()
    challenger: Challenger | None = None
    last_look: tuple[LastLook, ...]


class DirectDebitCancelled(Data):
    collection_id: EndToEndId
    customer_id: Id
    invoice_id: Id
    because: str
    at: AwareDatetime


class MandateChanged(Data):
    customer_id: Id
    mandate_id: Id
    state: MandateState
    previous: MandateState | None = None
    because: str
    at: AwareDatetime


DIRECT_DEBITS: dict[str, type[Data]] = {
    "direct-debit.requested.v1": DirectDebitRequested,
    "direct-debit.cancelled.v1": DirectDebitCancelled,
    "mandate.changed.v1": MandateChanged,
}
