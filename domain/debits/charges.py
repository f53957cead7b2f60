"""What banks charge us for returned debits, and what of it may be passed on (F61)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.money import Money

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.policy import CollectionsPolicy
    from domain.collections.state import CustomerState


@dataclass(frozen=True, slots=True)
class BankCharge:
    """A charge of our bank for one failed debit."""

    #: Names it for ever: the failed debit's (collection_id, attempt).
    key: str
    invoice_id: str
    ce_id: str
    amount: Money
    #: Whether the policy passes it on to the customer; never after an our-fault code.
    is_passed_on: bool


def bank_charges(state: CustomerState, policy: CollectionsPolicy) -> tuple[BankCharge, ...]:
    """The charges of all failed debits, in the order of their keys. From facts alone."""
    passes_on = policy.retries.passes_on_charge_of
    found = []
    for key, failure in sorted(state.failures.items()):
        charge = getattr(failure.facts, "bank_charge", None)
        if charge is not None and charge.minor:
            action = policy.return_codes.rule(failure.facts).action
            found.append(
                BankCharge(
                    key=key,
                    invoice_id=failure.facts.invoice_id,
                    ce_id=failure.ce_id,
                    amount=Money(minor=charge.minor, currency=charge.currency),
                    is_passed_on=action in passes_on,
                )
            )
    return tuple(found)
