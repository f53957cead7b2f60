"""The contract's events as frozen pydantic models: one definition for wire, state and rules."""

from __future__ import annotations

from domain.events.actions import ACTIONS
from domain.events.applications import (
    ApplicationAmended,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from domain.events.base import Data, Envelope
from domain.events.contacts import CONTACT_ACTIONS, MessageReceived
from domain.events.customers import CustomerUpdated, Interaction
from domain.events.ledger import (
    DirectDebitFailed,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    PaymentReversed,
)

#: topic -> ce_type -> model of the data. What is not here is a dead letter (`unknown_type`).
INPUTS: dict[str, dict[str, type[Data]]] = {
    "customers": {"customer.updated.v1": CustomerUpdated},
    "invoices": {
        "invoice.issued.v1": InvoiceIssued,
        "invoice.credited.v1": InvoiceCredited,
    },
    "payments": {
        "payment.received.v1": PaymentReceived,
        "payment.reversed.v1": PaymentReversed,
    },
    "failed-direct-debits": {"direct-debit.failed.v1": DirectDebitFailed},
    "applications": {
        "application.submitted.v1": ApplicationSubmitted,
        "application.amended.v1": ApplicationAmended,
        "application.withdrawn.v1": ApplicationWithdrawn,
    },
    "interactions": {
        **dict.fromkeys(
            (
                "message.delivered.v1",
                "message.failed.v1",
                "message.opened.v1",
                "link.clicked.v1",
                "contact.opted-out.v1",
                "call.attempted.v1",
                "conversation.held.v1",
            ),
            Interaction,
        ),
        "message.received.v1": MessageReceived,
        **ACTIONS,
        **CONTACT_ACTIONS,
    },
}

__all__ = ["INPUTS", "Data", "Envelope"]
