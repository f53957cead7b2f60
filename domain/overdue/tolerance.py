"""So little that policy chases nobody for it, and calls nobody late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from domain.collections.work import Work


def is_tolerable(work: Work, currency: str, invoice_ids: Iterable[str]) -> bool:
    """Whether what is open of the invoices, all in `currency`, is within the tolerance."""
    most = work.policy.overdue.tolerance_minor.get(currency, 0)
    return 0 < sum(work.ledger.open[key] for key in invoice_ids) <= most


def counted(work: Work, claims: Iterable[str]) -> tuple[str, ...]:
    """Of `claims`, those in currencies whose whole is not within the tolerance."""
    most, claims = work.policy.overdue.tolerance_minor, tuple(claims)
    if not most:
        return claims
    invoices, totals = work.state.invoices, Counter[str]()
    for key in claims:
        totals[invoices[key].facts.amount.currency] += work.ledger.open[key]
    return tuple(
        key
        for key in claims
        if totals[currency := invoices[key].facts.amount.currency] > most.get(currency, 0)
    )
