"""What is being collected: nobody is reminded of it, and nobody should pay it a second time."""

from __future__ import annotations

from domain.debits.state import Collection, Debits


def under_way(debits: Debits) -> dict[str, Collection]:
    """Invoice -> its collection that has been asked for and has not been answered."""
    return {one.invoice_id: one for one in debits.collections.values() if one.state == "requested"}


def being_collected(debits: Debits, invoice_ids: tuple[str, ...]) -> frozenset[str]:
    """Those of the invoices for which money is on its way."""
    if not debits.collections:
        return frozenset()
    return frozenset(under_way(debits)).intersection(invoice_ids)
