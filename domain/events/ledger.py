"""Topics `invoices`, `payments` and `failed-direct-debits`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Country, Data, Day, Id, Instant
from domain.money import PositiveMoney


class InvoiceIssued(Data):
    invoice_id: Id
    customer_id: Id
    amount: PositiveMoney
    issued_on: Day
    due_on: Day
    kind: Literal["subscription", "device_instalment", "energy", "purchase", "fee"]
    payment_method: Literal["direct_debit", "link", "transfer"]
    mandate_id: Id | None = None


class InvoiceCredited(Data):
    invoice_id: Id
    customer_id: Id
    amount: PositiveMoney
    credited_at: Instant


class Allocation(Data):
    invoice_id: Id
    amount: PositiveMoney


class PaymentReceived(Data):
    payment_id: Id
    customer_id: Id
    amount: PositiveMoney
    received_at: Instant
    method: Literal["direct_debit", "link", "transfer", "card"]
    allocations: tuple[Allocation, ...] | None = None
    provisional: bool = False


class PaymentReversed(Data):
    payment_id: Id
    customer_id: Id
    amount: PositiveMoney
    reversed_at: Instant
    reason_code: Id | None = None


class DirectDebitFailed(Data):
    """`collection_id` is the end-to-end id; one of the two reasons is there."""

    collection_id: Id
    customer_id: Id
    invoice_id: Id
    amount: PositiveMoney
    reason_code: Id | None = None
    reason_proprietary: Id | None = None
    failed_at: Instant
    debtor_country: Country
    attempt: Annotated[int, Field(strict=True, ge=1, le=1000)]
    #: What the bank charged for the return, and the file (its SHA-256) that reported it.
    bank_charge: PositiveMoney | None = None
    source_file: Id | None = None

    @model_validator(mode="after")
    def _has_a_reason(self) -> DirectDebitFailed:
        if self.reason_code is None and self.reason_proprietary is None:
            raise ValueError("reason_code or reason_proprietary is required")
        return self
