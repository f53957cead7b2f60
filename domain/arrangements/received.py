"""How much money has come for an agreement since it was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from domain.arrangements.pauses import zone_of
from domain.calendar import local_date
from domain.collections.ledger import compute, net_of
from domain.collections.work import Work
from domain.events.ledger import PaymentReceived


class Received(NamedTuple):
    """Minor units: settled, and provisional (neither there nor missing)."""

    settled: int
    pending: int
    #: Something of what it is about is known, and none of it is open.
    nothing_open: bool
    #: It is known, something of it is open, and nobody of us asks for any of that.
    given_up: bool
    #: What is open of it and not given up.
    left: int


def received_since(
    work: Work, since: dt.datetime, invoice_ids: tuple[str, ...] | None, currency: str
) -> Received:
    """Money that came at `since` or later for the invoices; without ids: in the currency.

    For named invoices it is what the ledger gives them: the same ledger without the new payments
    has so much more open. Without names all money counts that does not name other debts.
    """
    state, ledger = work.state, work.ledger
    if invoice_ids is None:
        about = _meant(work, since, currency)
    else:
        about = [key for key in dict.fromkeys(invoice_ids) if key in state.invoices]
    is_known = bool(about) and (invoice_ids is None or len(about) == len(set(invoice_ids)))
    open_ = [key for key in about if ledger.open.get(key)]
    left = sum(ledger.open[key] for key in open_ if key not in state.case.given_up)
    earlier = {k: one for k, one in state.payments.items() if one.facts.received_at < since}
    settled = pending = 0
    if len(earlier) == len(state.payments):
        pass
    elif invoice_ids is None:
        settled, pending = _in_currency(work, since, currency, about)
    else:
        without = compute(state.model_copy(update={"payments": earlier}))
        settled = sum(max(0, without.open[key] - ledger.open[key]) for key in about)
        pending = sum(ledger.pending.get(key, 0) for key in about)
    return Received(
        settled,
        pending,
        nothing_open=is_known and not open_,
        given_up=is_known and bool(open_) and not left,
        left=left,
    )


def _meant(work: Work, since: dt.datetime, currency: str) -> list[str]:
    """What somebody means who promises at `since` and names nothing: what they had to pay.

    A debit that had not failed is not among it: it comes by itself. From the facts and not from
    when they came; where nothing is left, all in the currency.
    """
    state, codes = work.state, work.policy.return_codes
    made_on = local_date(since, zone_of(state))
    in_currency = {
        key: one.facts
        for key, one in state.invoices.items()
        if one.facts.amount.currency == currency
    }
    failed = {
        one.facts.invoice_id
        for one in state.failures.values()
        if one.facts.failed_at <= since and codes.calls_for_contact(one.facts)
    }
    found = [
        key
        for key, facts in in_currency.items()
        if facts.issued_on <= made_on and (facts.payment_method != "direct_debit" or key in failed)
    ]
    return found or list(in_currency)


def _in_currency(
    work: Work, since: dt.datetime, currency: str, about: Collection[str]
) -> tuple[int, int]:
    settled = pending = 0
    for key, payment in work.state.payments.items():
        facts = payment.facts
        if facts.amount.currency == currency and facts.received_at >= since:
            elsewhere = _named_for_others(work, facts, about)
            minor = max(0, net_of(work.state, key, payment) - elsewhere)
            settled += minor if payment.settled_at is not None else 0
            pending += minor if payment.settled_at is None else 0
    return settled, pending


def _named_for_others(work: Work, facts: PaymentReceived, about: Collection[str]) -> int:
    """The part of a payment that names invoices we know and that are not among `about`."""
    return sum(
        one.amount.minor
        for one in facts.allocations or ()
        if one.amount.currency == facts.amount.currency
        and one.invoice_id in work.state.invoices
        and one.invoice_id not in about
    )
