"""What we know of an applicant who is our customer: provider number 0 of a decision (F46)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.acceptance import UNKNOWN, OwnHistory
from domain.collections.claims import overdue_at
from domain.collections.ledger import compute
from domain.collections.state import CustomerState


def own_history(state: CustomerState, now: datetime) -> OwnHistory:
    """Open and overdue debt by currency, returned debits, days as a customer.

    A debt is overdue from the day after its due date in the customer's zone. Without a profile we
    know nobody: unknown, which is neither good nor bad.
    """
    if state.profile is None:
        return UNKNOWN
    profile = state.profile.facts
    ledger = compute(state)
    open_minor: Counter[str] = Counter()
    overdue_minor: Counter[str] = Counter()
    for invoice_id, minor in ledger.open.items():
        if not minor:
            continue
        invoice = state.invoices[invoice_id]
        currency = invoice.facts.amount.currency
        open_minor[currency] += minor
        if overdue_at(invoice, profile.timezone) <= now:
            overdue_minor[currency] += minor
    today = now.astimezone(ZoneInfo(profile.timezone)).date()
    return OwnHistory(
        known=True,
        open_minor_by_currency=dict(open_minor),
        overdue_minor_by_currency=dict(overdue_minor),
        returns=len(state.failures),
        tenure_days=max(0, (today - profile.customer_since).days),
    )
