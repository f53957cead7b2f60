"""Puts events into the row as facts, each once for ever by its business id."""

from __future__ import annotations

from domain.collections import sections
from domain.collections.receipts import record_interaction
from domain.collections.state import Failure, Invoice, Payment, Profile
from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import Action
from domain.events.base import Data
from domain.events.customers import CustomerUpdated, Interaction
from domain.events.ledger import (
    DirectDebitFailed,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    PaymentReversed,
)

FOREIGN_REVERSAL = Refuse("conflict", "the reversal is in another currency than its payment")


def record(work: Work, ce_id: str, identity: str, data: Data) -> Refuse | None:
    """Add `data` to the row. The same content again changes nothing; other content is refused.

    `identity` names events that have no business id of their own (reversals, credit notes).
    """
    match data:
        case Action():
            return sections.record(work, ce_id, data)
        case CustomerUpdated():
            _record_profile(work, ce_id, data)
        case Interaction():
            record_interaction(work, data)
        case _ if _is_full(work, data):
            return Refuse("row_full", "the customer has more facts than a row may hold")
        case _:
            return _record_fact(work, ce_id, identity, data)
    return None


def _record_fact(work: Work, ce_id: str, identity: str, data: Data) -> Refuse | None:
    """What the ledger is computed from."""
    state = work.state
    match data:
        case InvoiceIssued():
            return _record_invoice(work, ce_id, data)
        case InvoiceCredited():
            work.set(credits={**state.credits, identity: data})
        case PaymentReceived():
            return _record_payment(work, ce_id, data)
        case PaymentReversed(payment_id=key):
            if is_foreign(state.payments.get(key), data):
                return FOREIGN_REVERSAL
            work.set(reversals={**state.reversals, identity: data})
        case DirectDebitFailed():
            return _record_failure(work, ce_id, data)
        case _:
            return Refuse("unknown_type", "not an event of collections")
    return None


def _is_full(work: Work, data: Data) -> bool:
    """A row has a bound. What lowers a debt is taken longest: nobody is chased for its lack."""
    state, bound = work.state, work.policy.limits.facts_max
    debts = len(state.invoices) + len(state.failures)
    money = len(state.payments) + len(state.credits) + len(state.reversals)
    if isinstance(data, InvoiceIssued | DirectDebitFailed):
        return debts + money >= bound
    return money >= bound


def is_foreign(payment: Payment | None, reversal: PaymentReversed) -> bool:
    """Whether a reversal is in another currency than its payment, so that it can't be its."""
    return payment is not None and payment.facts.amount.currency != reversal.amount.currency


def failure_key(data: DirectDebitFailed) -> str:
    """(collection_id, attempt), which names a failed debit for ever."""
    return f"{data.collection_id}|{data.attempt}"


def _conflict(what: str) -> Refuse:
    return Refuse("conflict", f"{what}: known already with other content")


def _record_profile(work: Work, ce_id: str, data: CustomerUpdated) -> None:
    cause = work.cause
    if cause is None:
        raise ValueError("a profile comes with an envelope")
    known = work.state.profile
    if known is None or (known.at, known.ce_id) < (cause.time, ce_id):
        work.set(profile=Profile(at=cause.time, ce_id=ce_id, facts=data))


def _record_invoice(work: Work, ce_id: str, data: InvoiceIssued) -> Refuse | None:
    known = work.state.invoices.get(data.invoice_id)
    if known is not None:
        return None if known.facts == data else _conflict("invoice_id")
    invoice = Invoice(ce_id=ce_id, facts=data)
    work.set(invoices={**work.state.invoices, data.invoice_id: invoice})
    return None


def _record_failure(work: Work, ce_id: str, data: DirectDebitFailed) -> Refuse | None:
    key = failure_key(data)
    known = work.state.failures.get(key)
    if known is not None:
        return None if known.facts == data else _conflict("collection_id and attempt")
    work.set(failures={**work.state.failures, key: Failure(ce_id=ce_id, facts=data)})
    return None


def _record_payment(work: Work, ce_id: str, data: PaymentReceived) -> Refuse | None:
    """A payment comes once, or once provisionally and once for good, in either order.

    The final form may say more precisely when it was received and what for, but amount and
    method are those of the provisional one.
    """
    payments = work.state.payments
    known = payments.get(data.payment_id)
    form = "provisional" if data.provisional else "final"
    if known is None:
        changed = Payment.model_validate({"ce_id": ce_id, form: data})
    else:
        same_form = known.provisional if data.provisional else known.final
        if same_form is not None:
            return None if same_form == data else _conflict("payment_id")
        if (known.facts.amount, known.facts.method) != (data.amount, data.method):
            return _conflict("payment_id")
        changed = known.model_copy(update={form: data})
        if not data.provisional:  # the settlement is what a thank-you answers to
            changed = changed.model_copy(update={"ce_id": ce_id})
    if changed.final is not None and changed.settled_at is None:
        changed = changed.model_copy(update={"settled_at": work.now})
    work.set(payments={**payments, data.payment_id: changed})
    return None
