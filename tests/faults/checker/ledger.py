"""The ledger of one customer, recomputed from facts, whatever the order they came in.

Contract: allocation is recomputed from the settled payments ordered by (`received_at`,
`payment_id`); as given, or to the oldest due first; another currency is never converted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checker.evidence import instant
from tests.faults.checker.intake import Event


@dataclass(slots=True)
class Ledger:
    """What is open: (invoice id) -> minor units, and which payment touched which invoices."""

    open: dict[str, int] = field(default_factory=dict)
    currency: dict[str, str] = field(default_factory=dict)
    due_on: dict[str, str] = field(default_factory=dict)
    touched: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    provisional: set[str] = field(default_factory=set)

    def balance(self) -> dict[str, int]:
        """Open debt per currency, zeros left out."""
        sums: dict[str, int] = defaultdict(int)
        for invoice, minor in self.open.items():
            sums[self.currency[invoice]] += minor
        return {currency: minor for currency, minor in sums.items() if minor}

    def still_open(self) -> dict[str, int]:
        return {invoice: minor for invoice, minor in self.open.items() if minor}


def compute(events: Iterable[Event]) -> Ledger:
    """The ledger after exactly these events of one customer, in any order."""
    ledger = Ledger()
    payments: dict[str, dict[str, Any]] = {}
    reversed_minor: dict[str, int] = defaultdict(int)
    credited: dict[str, int] = defaultdict(int)
    for event in events:
        data = event.data
        if event.type == "invoice.issued.v1":
            invoice = data["invoice_id"]
            ledger.open[invoice] = data["amount"]["minor"]
            ledger.currency[invoice] = data["amount"]["currency"]
            ledger.due_on[invoice] = data["due_on"]
        elif event.type == "invoice.credited.v1":
            credited[data["invoice_id"]] += data["amount"]["minor"]
        elif event.type == "payment.received.v1":
            _keep_payment(payments, data)
        elif event.type == "payment.reversed.v1":
            reversed_minor[data["payment_id"]] += data["amount"]["minor"]
    for invoice, minor in credited.items():
        if invoice in ledger.open:
            ledger.open[invoice] = max(0, ledger.open[invoice] - minor)
    for data in sorted(payments.values(), key=_order):
        if data.get("provisional"):
            ledger.provisional.add(data["payment_id"])
            continue
        net = max(0, data["amount"]["minor"] - reversed_minor[data["payment_id"]])
        _allocate(ledger, data, net)
    return ledger


def _order(data: Mapping[str, Any]) -> tuple[Any, str]:
    return instant(data["received_at"]), data["payment_id"]


def _keep_payment(payments: dict[str, dict[str, Any]], data: dict[str, Any]) -> None:
    known = payments.get(data["payment_id"])
    if known is None or known.get("provisional"):
        payments[data["payment_id"]] = data


def _allocate(ledger: Ledger, data: Mapping[str, Any], net: int) -> None:
    currency = data["amount"]["currency"]
    wanted: list[tuple[str, int]]
    if data.get("allocations") is not None:
        wanted = [(one["invoice_id"], one["amount"]["minor"]) for one in data["allocations"]]
    else:
        oldest = sorted(ledger.open, key=lambda invoice: (ledger.due_on[invoice], invoice))
        wanted = [(invoice, net) for invoice in oldest]
    for invoice, most in wanted:
        if ledger.currency.get(invoice) != currency:
            continue
        part = min(most, net, ledger.open[invoice])
        if part > 0:
            ledger.open[invoice] -= part
            ledger.touched[data["payment_id"]].add(invoice)
            net -= part
