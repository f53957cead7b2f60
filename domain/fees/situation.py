"""From the facts of a customer to what the rules of fees look at. Pauses stop the days."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from domain.arrangements.pauses import effective_days_past_due
from domain.collections.claims import contact_failures
from domain.collections.codes import ReturnCodes
from domain.collections.ledger import compute
from domain.collections.state import CustomerState
from domain.debits.comebacks import settled_until_our_fault
from domain.events.customers import CustomerUpdated
from domain.fees.policy import Situation

_NONE: Counter[str] = Counter()


def late_items(customer: CustomerState, codes: ReturnCodes) -> list[str]:
    """Open items that may be chased once they are late.

    A direct debit counts only after a failure that is the customer's: one that is our fault, or
    not made yet, says nothing about them. A fee of ours makes nobody later than they are.
    """
    failed = contact_failures(customer, codes, settled_until_our_fault(customer, codes))
    return [
        key
        for key, minor in compute(customer).open.items()
        if minor
        and key not in customer.receivables.fees
        and (customer.invoices[key].facts.payment_method != "direct_debit" or key in failed)
    ]


def of_customer(
    customer: CustomerState,
    facts: CustomerUpdated,
    items: list[str],
    today: dt.date,
    *,
    with_items: bool,
) -> Situation:
    """The customer as a whole: as late as their oldest item; `with_items`: and all that is late."""
    due_dates = [customer.invoices[key].facts.due_on for key in items]
    days = effective_days_past_due(customer, min(due_dates), today) if due_dates else 0
    if not with_items:
        return _situation(customer, facts, [], days, today)
    late = [key for key in items if customer.invoices[key].facts.due_on < today]
    return _situation(customer, facts, late, days, today)


def of_item(
    customer: CustomerState, facts: CustomerUpdated, invoice_id: str, today: dt.date
) -> Situation:
    """One item: as late as it is, of its kind and amount."""
    due_on = customer.invoices[invoice_id].facts.due_on
    days = effective_days_past_due(customer, due_on, today)
    return _situation(customer, facts, [invoice_id], days, today)


def full_years(since: dt.date, today: dt.date) -> int:
    """How long somebody has been a customer."""
    years = today.year - since.year - ((today.month, today.day) < (since.month, since.day))
    return max(years, 0)


def _situation(
    customer: CustomerState,
    facts: CustomerUpdated,
    items: list[str],
    days: int,
    today: dt.date,
) -> Situation:
    total = Counter[str]() if items else _NONE
    for key in items:
        total[customer.invoices[key].facts.amount.currency] += compute(customer).open[key]
    return Situation(
        days_late=days,
        loyalty_years=full_years(facts.customer_since, today),
        person_group=facts.person_group,
        region=facts.region,
        customer_id=customer.customer_id,
        brand=facts.brand,
        kinds=frozenset([customer.invoices[key].facts.kind for key in items]),
        open_minor=total,
    )
