"""Whose a returned debit is: by what we collected, by the invoice it names, or by its mandate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.bank.items import ReturnedDebit
from domain.money import PositiveMoney

How = Literal["end_to_end_id", "invoice_id", "mandate", "person"]
#: No country is called that: the bank's country is unknown, so rules for one don't apply.
UNKNOWN_COUNTRY = "ZZ"


@dataclass(frozen=True, slots=True)
class Claim:
    """A collection of ours, or an invoice that may have been collected."""

    customer_id: str
    invoice_id: str
    minor: int
    currency: str
    country: str | None = None
    mandate_id: str | None = None
    #: Of collections that we sent out ourselves.
    attempt: int | None = None
    payment_id: str | None = None

    @property
    def amount(self) -> PositiveMoney:
        """What it is about."""
        return PositiveMoney(minor=self.minor, currency=self.currency)


@dataclass(frozen=True, slots=True)
class Match:
    """The claim, the amount that did not come in, and what they were found by."""

    claim: Claim
    amount: PositiveMoney
    how: How


class Unmatched(Exception):
    """Nobody can be named with certainty: a person decides. `why` is a short code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def match(
    item: ReturnedDebit,
    collection: Claim | None,
    invoice: Claim | None,
    of_mandate: Sequence[Claim],
) -> Match:
    """The one claim that the return is about. Raises Unmatched.

    `collection` and `invoice` bear its end-to-end id as theirs, `of_mandate` are claims under its
    mandate for its amount. A doubt is never decided here: a reminder to somebody who owes nothing
    is worse than one that comes a day later.
    """
    if collection is not None:
        _check_mandate(item, collection)
        return Match(collection, _collected(item, collection), "end_to_end_id")
    if invoice is not None:
        _check_mandate(item, invoice)
        return Match(invoice, _part_of(item, invoice), "invoice_id")
    found = {claim.invoice_id: claim for claim in of_mandate}
    if len(found) == 1 and item.amount is not None:
        (claim,) = found.values()
        return Match(claim, item.amount, "mandate")
    if len(found) > 1:
        raise Unmatched("several_invoices")
    if item.end_to_end_id is None and item.mandate_id is None:
        raise Unmatched("no_reference")
    raise Unmatched("unknown_collection")


def _check_mandate(item: ReturnedDebit, claim: Claim) -> None:
    if item.mandate_id and claim.mandate_id and item.mandate_id != claim.mandate_id:
        raise Unmatched("mandate_differs")


def _collected(item: ReturnedDebit, claim: Claim) -> PositiveMoney:
    """We know what we collected; some banks add their charge to what they take back."""
    if item.amount is None or item.amount == claim.amount:
        return claim.amount
    charge = item.charge
    if (
        charge is not None
        and item.amount.currency == claim.currency == charge.currency
        and item.amount.minor == claim.minor + charge.minor
    ):
        return claim.amount
    raise Unmatched("amount_differs")


def _part_of(item: ReturnedDebit, claim: Claim) -> PositiveMoney:
    """Of an invoice less may have been collected, never more."""
    if item.amount is None:
        return claim.amount
    if item.amount.currency != claim.currency or item.amount.minor > claim.minor:
        raise Unmatched("amount_differs")
    return item.amount
