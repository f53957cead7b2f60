"""What was open at a past instant, by what is known of it now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from domain.collections.codes import ReturnCodes
from domain.collections.ledger import fresh
from domain.collections.state import CustomerState, Invoice
from domain.debits.comebacks import back_by_our_fault
from domain.events.ledger import InvoiceIssued
from domain.money import MINOR_MAX, PositiveMoney
from domain.receivables.state import Fee

#: A credit note of this row, not of the ERP: it lowers a fee.
REDUCED = "|reduced"


def open_before(
    state: CustomerState, moment: dt.datetime, fees: Mapping[str, Fee], codes: ReturnCodes
) -> dict[str, int]:
    """Invoice -> what was open of it just before `moment`, with those `fees` that had arisen.

    In the customer's favour: money that is still provisional counts when it was received, money
    that went back by a fault of ours counts as if it had not, and credit notes count whenever they
    came: what they cancel was never owed.
    """
    our_fault = back_by_our_fault(state, codes)
    arisen = {key: fee for key, fee in fees.items() if fee.as_of < moment and fee.amount}
    invoices = {
        key: row for key, row in state.invoices.items() if key not in state.receivables.fees
    }
    invoices |= {key: as_invoice(state, key, fee) for key, fee in arisen.items()}
    payments = {
        key: payment
        if payment.settled_at is not None
        else payment.model_copy(update={"settled_at": payment.facts.received_at})
        for key, payment in state.payments.items()
        if payment.facts.received_at < moment
    }
    then = state.model_copy(
        update={
            "invoices": invoices,
            "payments": payments,
            "reversals": {
                key: row
                for key, row in state.reversals.items()
                if row.reversed_at < moment and row.payment_id not in our_fault
            },
            "credits": {
                key: row for key, row in state.credits.items() if not key.endswith(REDUCED)
            },
        }
    )
    return fresh(then).open


def as_invoice(state: CustomerState, fee_id: str, fee: Fee) -> Invoice:
    """A fee as an item of the ledger, due on the last day on which it could be avoided."""
    issued = InvoiceIssued(
        invoice_id=fee_id,
        customer_id=state.customer_id,
        amount=PositiveMoney(minor=min(fee.amount or fee.stated, MINOR_MAX), currency=fee.currency),
        issued_on=fee.due_on,
        due_on=fee.due_on,
        kind="fee",
        payment_method="link",
    )
    basis = state.invoices.get(fee.invoice_id)
    return Invoice(ce_id=basis.ce_id if basis else fee_id, facts=issued)
