"""What banks charge us for returned debits; the rule set `charges` may pass it on (F61)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.money import Money

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState


@dataclass(frozen=True, slots=True)
class BankCharge:
    """A charge of our bank for one failed debit."""

    #: Names it for ever: the failed debit's (collection_id, attempt).
    key: str
    invoice_id: str
    ce_id: str
    amount: Money


def bank_charges(state: CustomerState) -> tuple[BankCharge, ...]:
    """The charges of all failed debits, in the order of their keys. From facts alone."""
    found = []
    for key, failure in sorted(state.failures.items()):
        charge = getattr(failure.facts, "bank_charge", None)
        if charge is not None and charge.minor:
            found.append(
                BankCharge(
                    key=key,
                    invoice_id=failure.facts.invoice_id,
                    ce_id=failure.ce_id,
                    amount=Money(minor=charge.minor, currency=charge.currency),
                )
            )
    return tuple(found)
