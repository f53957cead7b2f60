"""How much money has come for an agreement since it was made."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from domain.collections.ledger import compute, net_of
from domain.collections.work import Work


class Received(NamedTuple):
    """Minor units: settled, and provisional (neither there nor missing)."""

    settled: int
    pending: int
    #: Something of what it is about is known, and none of it is open.
    nothing_open: bool


def received_since(
    work: Work, since: dt.datetime, invoice_ids: tuple[str, ...] | None, currency: str
) -> Received:
    """Money that came at `since` or later for the invoices; without ids: in the currency.

    For named invoices it is what the ledger gives them: the same ledger without the new payments
    has so much more open.
    """
    state, ledger = work.state, work.ledger
    if invoice_ids is None:
        about = [k for k, v in state.invoices.items() if v.facts.amount.currency == currency]
    else:
        about = [key for key in dict.fromkeys(invoice_ids) if key in state.invoices]
    is_known = bool(about) and (invoice_ids is None or len(about) == len(set(invoice_ids)))
    nothing_open = is_known and not any(ledger.open.get(key) for key in about)
    earlier = {k: one for k, one in state.payments.items() if one.facts.received_at < since}
    if len(earlier) == len(state.payments):
        return Received(0, 0, nothing_open)
    if invoice_ids is None:
        return Received(*_in_currency(work, since, currency), nothing_open)
    without = compute(state.model_copy(update={"payments": earlier}))
    settled = sum(max(0, without.open[key] - ledger.open[key]) for key in about)
    pending = sum(ledger.pending.get(key, 0) for key in about)
    return Received(settled, pending, nothing_open)


def _in_currency(work: Work, since: dt.datetime, currency: str) -> tuple[int, int]:
    settled = pending = 0
    for key, payment in work.state.payments.items():
        facts = payment.facts
        if facts.amount.currency == currency and facts.received_at >= since:
            minor = net_of(work.state, key, payment)
            settled += minor if payment.settled_at is not None else 0
            pending += minor if payment.settled_at is None else 0
    return settled, pending
