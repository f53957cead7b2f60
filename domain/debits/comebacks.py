"""What a debit that came back says of its invoice: by a failed debit, or by a named reversal.

From facts alone, so that the order in which they came leaves no trace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from domain.calendar import local_date
from domain.collections.codes import ReturnCodes, Rule
from domain.collections.ledger import fresh
from domain.collections.state import CustomerState, Failure, Payment
from domain.debits.candidates import ZONE
from domain.debits.state import Collection

#: Names the reversals that follow from failed debits; no event's identity looks like it.
IMPLIED = "implied|"
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Comeback:
    """A direct debit that was reversed by name, with a return code: as good as a failed one."""

    #: Identity of the event that said so.
    said_by: str
    payment_id: str
    at: dt.datetime
    code: str
    rule: Rule


def comebacks(state: CustomerState, codes: ReturnCodes) -> Iterator[Comeback]:
    """The direct debits that somebody reversed and said why; other money has no return code."""
    for key, one in state.reversals.items():
        payment = state.payments.get(one.payment_id)
        if not one.reason_code or key.startswith(IMPLIED) or payment is None:
            continue
        if payment.facts.method == "direct_debit":
            rule = codes.rule_of(one.reason_code, _country(state), one.reversed_at.date())
            yield Comeback(key, one.payment_id, one.reversed_at, one.reason_code, rule)


def _country(state: CustomerState) -> str:
    return state.profile.facts.country if state.profile else ""


def invoices_of(state: CustomerState, payment_id: str) -> frozenset[str]:
    """What a payment pays, or paid before it was reversed."""
    named = state.payments[payment_id].facts.allocations
    if named is not None:
        return frozenset(part.invoice_id for part in named)
    kept = {key: one for key, one in state.reversals.items() if one.payment_id != payment_id}
    before = fresh(state.model_copy(update={"reversals": kept}))
    return frozenset(before.touched.get(payment_id, ()))


def mandates_of_money(state: CustomerState, payment_id: str) -> set[str]:
    """The mandates by which money was collected: of our collection, else of its invoices."""
    collections = state.debits.collections
    ours = money_by_collection(state)
    found = {collections[key].mandate_id for key, money in ours.items() if money == payment_id}
    if found:
        return found
    paid = (state.invoices.get(key) for key in invoices_of(state, payment_id))
    return {one.facts.mandate_id for one in paid if one and one.facts.mandate_id}


def returned_payment(
    state: CustomerState, ours: dict[str, str], failure: Failure
) -> tuple[str, Payment] | None:
    """The money that a failed debit takes back, where it had been booked as paid."""
    payment_id = ours.get(failure.facts.collection_id, failure.facts.collection_id)
    payment = state.payments.get(payment_id)
    return (payment_id, payment) if payment and _undoes(failure, payment) else None


def _undoes(failure: Failure, payment: Payment) -> bool:
    """Whether it is that money that went back: not what was collected again after the failure."""
    facts, money = failure.facts, payment.facts
    return (
        money.method == "direct_debit"
        and money.amount.currency == facts.amount.currency
        and local_date(money.received_at, ZONE) <= local_date(facts.failed_at, ZONE)
    )


def settled_until_our_fault(state: CustomerState, codes: ReturnCodes) -> dict[str, dt.datetime]:
    """Invoice -> when the newest debit settled it that came back by a fault of ours.

    What had failed before then was answered by that money; that it went back is nothing that the
    customer did, so only what fails after it speaks against them. A part of an invoice answers
    nothing: the rest was owed all along.
    """
    came_back = back_by_our_fault(state, codes)
    if not came_back:
        return {}
    kept = {key: one for key, one in state.reversals.items() if one.payment_id not in came_back}
    before = fresh(state.model_copy(update={"reversals": kept}))
    found: dict[str, dt.datetime] = {}
    for payment_id in sorted(came_back):
        at = state.payments[payment_id].facts.received_at
        for key in before.touched.get(payment_id, ()):
            if not before.open[key]:
                found[key] = max(at, found.get(key, at))
    return found


def back_by_our_fault(state: CustomerState, codes: ReturnCodes) -> frozenset[str]:
    """The payments by direct debit that came back through no doing of the customer's."""
    return frozenset(key for key, _ in _by_our_fault(state, codes)) if state.reversals else _NONE


def _by_our_fault(state: CustomerState, codes: ReturnCodes) -> Iterator[tuple[str, Payment]]:
    ours = money_by_collection(state)
    for failure in state.failures.values():
        if codes.rule(failure.facts).action == "our_fault":
            money = returned_payment(state, ours, failure)
            if money is not None:
                yield money
    for one in comebacks(state, codes):
        if one.rule.action == "our_fault":
            yield one.payment_id, state.payments[one.payment_id]


def money_by_collection(state: CustomerState) -> dict[str, str]:
    """Collection of ours -> the payment that is its money, as far as it has come.

    The one under its own id; else, in the order of their days, the earliest direct debit of the
    same amount from that day on that names its invoice. One that names none may be another bill's
    of the same amount: to reverse that would ask somebody to pay twice. From facts alone, so that
    a return and its payment may come in either order.
    """
    collections = state.debits.collections
    found = {key: key for key in collections if key in state.payments}
    free = sorted(
        (payment.facts.received_at, key)
        for key, payment in state.payments.items()
        if payment.facts.method == "direct_debit" and key not in found
    )
    in_order = sorted(collections.items(), key=lambda row: (row[1].collect_on, row[0]))
    for key, one in in_order:
        if key in found or one.state == "cancelled":
            continue
        for row in free:
            if _may_be(state, key, one, state.payments[row[1]]):
                found[key] = row[1]
                free.remove(row)
                break
    return found


def _may_be(state: CustomerState, key: str, one: Collection, payment: Payment) -> bool:
    facts = payment.facts
    named = {part.invoice_id for part in facts.allocations or ()}
    day = local_date(facts.received_at, ZONE)
    return (
        (facts.amount.minor, facts.amount.currency) == (one.amount_minor, one.currency)
        and one.invoice_id in named
        and day >= one.collect_on
        and all(
            day <= local_date(failure.facts.failed_at, ZONE)
            for failure in state.failures.values()
            if failure.facts.collection_id == key
        )
    )
