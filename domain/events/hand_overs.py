"""Topic `hand-overs`: debts that leave our collection, for collectors and the ledger of the ERP."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from domain.events.base import Data, Id
from domain.money import Money

TOPIC = "hand-overs"


class ItemGivenUp(Data):
    """One invoice and what is open of it."""

    invoice_id: Id
    open: Money


class DebtGivenUp(Data):
    """`hand-over.filed.v1` to a collector, with the customer's whole file; `write-off.booked.v1`.

    `file` is what `GET /api/v1/customers/{id}` shows at that moment; only a hand-over has it.
    """

    customer_id: Id
    collector: Id | None = None
    items: tuple[ItemGivenUp, ...]
    by: Id
    approved_by: Id
    reason: str
    at: AwareDatetime
    file: dict[str, Any] | None = None


class GivenUpChanged(Data):
    """What is open of items given up has changed, or they are ours again.

    `hand-over.changed.v1`, `hand-over.recalled.v1` (the collector stops: paid, credited, or we
    take it back), `write-off.changed.v1`, `write-off.reversed.v1`.
    """

    customer_id: Id
    collector: Id | None = None
    items: tuple[ItemGivenUp, ...]
    because: str
    at: AwareDatetime
