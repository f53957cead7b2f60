"""From the form to an amount: all of it, some items, or an amount of the customer's choice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import get_currency_precision

from api.pay.orders import Chosen
from domain.collections.links import LinkClaims
from domain.events.ledger import Allocation
from domain.money import PositiveMoney

_AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{1,3}))?", re.ASCII)


class BadChoice(Exception):
    """`reason`: nothing_chosen, not_an_amount, too_much, nothing_open."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Open:
    """An open item as the page shows it."""

    invoice_id: str
    minor: int
    currency: str
    due_on: str
    state: str
    #: When a direct debit for it that is on its way will be made; empty: none is.
    collect_on: str = ""

    @property
    def money(self) -> dict[str, Any]:
        return {"minor": self.minor, "currency": self.currency}


def open_in(view: Mapping[str, Any], currency: str) -> list[Open]:
    """The open items in one currency, as the customer's view lists them."""
    return [
        Open(
            item["invoice_id"],
            int(item["open"]["minor"]),
            currency,
            str(item.get("due_on") or ""),
            str(item.get("state") or ""),
            str((item.get("being_collected") or {}).get("collect_on") or ""),
        )
        for item in view.get("open", ())
        if item["open"]["currency"] == currency and item["open"]["minor"] > 0
    ]


def chosen_of(
    claims: LinkClaims, items: Sequence[Open], what: str, amount: str, invoices: Sequence[str]
) -> Chosen:
    """Never more than what is open: nobody pays too much by a slip. Raises `BadChoice`.

    A form that doesn't say `what` means what it fills in, and all of it where that is nothing, as
    the page proposes.
    """
    total = sum(item.minor for item in items)
    if not total:
        raise BadChoice("nothing_open")
    what = what or ("items" if invoices else "amount" if amount.strip() else "all")
    if what == "all":
        return _chosen(claims, total, None)
    if what == "items":
        picked = [item for item in items if item.invoice_id in set(invoices)]
        if not picked:
            raise BadChoice("nothing_chosen")
        allocations = tuple(
            Allocation(invoice_id=item.invoice_id, amount=PositiveMoney.model_validate(item.money))
            for item in picked
        )
        return _chosen(claims, sum(item.minor for item in picked), allocations)
    minor = minor_of(amount, claims.currency)
    if minor > total:
        raise BadChoice("too_much")
    return _chosen(claims, minor, None)


def _chosen(claims: LinkClaims, minor: int, parts: tuple[Allocation, ...] | None) -> Chosen:
    money = PositiveMoney(minor=minor, currency=claims.currency)
    return Chosen(claims.customer_id, money, parts)


def minor_of(text: str, currency: str) -> int:
    """`12`, `12.5` or `12,50` in minor units of the currency. Raises `BadChoice`."""
    match = _AMOUNT.fullmatch(text.strip().removeprefix("€").strip())
    precision = int(get_currency_precision(currency))
    if match is None or len(match[2] or "") > precision:
        raise BadChoice("not_an_amount")
    minor = int(match[1]) * int(10**precision) + int((match[2] or "").ljust(precision, "0") or "0")
    if minor <= 0:
        raise BadChoice("not_an_amount")
    return minor
