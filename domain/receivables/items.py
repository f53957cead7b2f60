"""Fees as items of the ledger: an invoice each, and a credit note for what is not asked of it."""

from __future__ import annotations

from domain.collections.ledger import fresh
from domain.collections.state import CustomerState, Invoice
from domain.collections.work import Work
from domain.events.ledger import InvoiceCredited
from domain.identity import digest
from domain.money import MINOR_MAX, PositiveMoney
from domain.receivables.basis import lost_of
from domain.receivables.principal import REDUCED, as_invoice
from domain.receivables.state import AllocationRow, Fee, FeeState, Waiver


def mark(work: Work) -> str:
    """Names everything that fees and their items follow from; empty where there is nothing."""
    state, rules = work.state, work.policy.charges
    kept = state.receivables
    if not (kept.fees or kept.waived or rules.allocation):
        return ""
    reminders = frozenset(key for fee in kept.fees.values() for key in fee.reminders)
    return digest(
        str(rules.version),
        str(work.policy.return_codes.version),
        *kept.fees,
        *kept.waived,
        *(key for key, one in kept.letters.items() if one.bounced),
        *(sorted(lost_of(work, reminders)) if reminders else ()),
        *(key for key in state.invoices if key not in kept.fees),
        *state.failures,
        *state.reversals,
        *(key for key in state.credits if not key.endswith(REDUCED)),
        *(
            f"{key} {payment.settled_at is None} {payment.final is None} {payment.released}"
            for key, payment in state.payments.items()
        ),
        size=10,
    )


def mirror(work: Work) -> None:
    """Bring invoices and credit notes of the row in line with the fees. Twice is as once."""
    state = work.state
    fees, waived = state.receivables.fees, state.receivables.waived
    items = {key: _item(state, key, fee) for key, fee in fees.items()}
    notes = {
        key: row for key, row in state.credits.items() if not key.endswith(REDUCED)
    } | _reductions(state, waived)
    if any(state.invoices.get(key) != row for key, row in items.items()):
        state = state.model_copy(update={"invoices": {**state.invoices, **items}})
    if notes != state.credits:
        state = state.model_copy(update={"credits": notes})
    if fees and work.policy.charges.when_principal_is_paid == "waive":
        state = _without_orphans(state)
    order = _order(work, state)
    if order != state.receivables.allocation:
        kept = state.receivables.model_copy(update={"allocation": order})
        state = state.model_copy(update={"receivables": kept})
    _settle(work, state)


def _settle(work: Work, state: CustomerState) -> None:
    """Take over what differs; what is equal stays the same object, so that caches hold."""
    before = work.state
    changes = {
        name: value
        for name in ("invoices", "credits", "receivables")
        if (value := getattr(state, name)) is not getattr(before, name)
        and value != getattr(before, name)
    }
    if changes:
        work.set(**changes)
        work.facts_changed()


def fee_state(state: CustomerState, fee_id: str, fee: Fee, is_open: int) -> FeeState:
    """What became of a fee. One waived after it was paid has become the customer's credit."""
    waiver = state.receivables.waived.get(fee_id)
    if waiver is not None:
        return "refunded" if _was_paid(state, fee_id, waiver) else "waived"
    if not fee.amount:
        return "void"
    if is_open:
        return "claimed"
    reduction = state.credits.get(fee_id + REDUCED)
    is_orphan = reduction is not None and reduction.amount.minor > fee.stated - fee.amount
    return "waived" if is_orphan else "paid"


def _item(state: CustomerState, fee_id: str, fee: Fee) -> Invoice:
    """As it was claimed: what it has been reduced by is a credit note."""
    return as_invoice(state, fee_id, fee.model_copy(update={"amount": fee.stated}))


def _reductions(state: CustomerState, waived: dict[str, Waiver]) -> dict[str, InvoiceCredited]:
    notes = {
        key + REDUCED: _note(state, key, fee, fee.stated if key in waived else less)
        for key, fee in state.receivables.fees.items()
        if (less := fee.stated - fee.amount) or key in waived
    }
    for key in waived.keys() - state.receivables.fees.keys():
        invoice = state.invoices.get(key)
        if invoice is not None:  # a fee of the ERP's
            notes[key + REDUCED] = InvoiceCredited(
                invoice_id=key,
                customer_id=state.customer_id,
                amount=invoice.facts.amount,
                credited_at=waived[key].at,
            )
    return notes


def _note(state: CustomerState, fee_id: str, fee: Fee, minor: int) -> InvoiceCredited:
    return InvoiceCredited(
        invoice_id=fee_id,
        customer_id=state.customer_id,
        amount=PositiveMoney(minor=min(minor, MINOR_MAX), currency=fee.currency),
        credited_at=fee.as_of,
    )


def _without_orphans(state: CustomerState) -> CustomerState:
    """Fees of which all that they rest on is paid are not asked any more."""
    is_open = fresh(state).open
    notes = dict(state.credits)
    for key, fee in state.receivables.fees.items():
        if is_open.get(key) and not any(is_open.get(name) for name in fee.items):
            less = fee.stated - fee.amount + is_open[key]
            notes[key + REDUCED] = _note(state, key, fee, less)
    return state.model_copy(update={"credits": notes}) if notes != state.credits else state


def _order(work: Work, state: CustomerState) -> tuple[AllocationRow, ...]:
    """The order of policy where the customer has a fee: where there is none it changes nothing."""
    rows = work.policy.charges.allocation
    if rows and any(row.facts.kind == "fee" for row in state.invoices.values()):
        return rows
    return ()


def _was_paid(state: CustomerState, fee_id: str, waiver: Waiver) -> bool:
    """Whether money received before the waiver had paid it, by what is known now."""
    then = state.model_copy(
        update={
            "payments": {
                key: payment
                for key, payment in state.payments.items()
                if payment.facts.received_at <= waiver.at
            },
            "credits": {key: row for key, row in state.credits.items() if key != fee_id + REDUCED},
        }
    )
    return not fresh(then).open.get(fee_id)
