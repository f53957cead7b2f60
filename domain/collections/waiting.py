"""Events that came before what they speak of: kept, and given up after thirty days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from domain.collections.facts import FOREIGN_REVERSAL, failure_key, is_foreign
from domain.collections.state import CustomerState, Waiting
from domain.collections.work import Work
from domain.effects import Refuse, RefuseWaiting
from domain.events.base import Data
from domain.events.customers import CustomerUpdated
from domain.events.ledger import (
    DirectDebitFailed,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    PaymentReversed,
)

_CUSTOMER = "customer"


def keep_if_early(
    work: Work, ce_id: str, identity: str, data: Data, raw: Callable[[], str]
) -> Refuse | None:
    """Remember the event as it came when something it needs is unknown.

    Refused when the row already keeps as many as it may: a row has a bound.
    """
    needs = tuple(need for need in _needs(data) if not _is_known(work.state, need))
    if not needs:
        return None
    as_it_came = raw()
    if _is_full(work, as_it_came):
        return Refuse("too_many_waiting", "what its customer's earlier events need is unknown")
    early = Waiting(
        ce_id=ce_id,
        identity=identity,
        since=work.now,
        needs=needs,
        fact=_fact(identity, data),
        raw=as_it_came,
    )
    work.set(waiting=(*work.state.waiting, early))
    return None


def _is_full(work: Work, raw: str) -> bool:
    limits, kept = work.policy.limits, work.state.waiting
    size = sum(len(early.raw) for early in kept) + len(raw)
    return len(kept) >= limits.waiting_max or size > limits.waiting_chars_max


def orphan_at(work: Work, early: Waiting) -> dt.datetime:
    """When an early event is given up."""
    return early.since + dt.timedelta(days=work.policy.limits.orphan_days)


def sort_out(work: Work) -> None:
    """Let go of events whose needs have come, give up those that waited too long."""
    if not work.state.waiting:
        return
    kept = []
    for early in work.state.waiting:
        needs = tuple(need for need in early.needs if not _is_known(work.state, need))
        if not needs:
            _refuse_foreign(work, early)
            continue
        if orphan_at(work, early) <= work.now:
            _give_up(work, early, needs)
        else:
            kept.append(early.model_copy(update={"needs": needs}))
    work.set(waiting=tuple(kept))


def _needs(data: Data) -> list[str]:
    match data:
        case CustomerUpdated():
            return []
        case InvoiceCredited(invoice_id=key) | DirectDebitFailed(invoice_id=key):
            return [_CUSTOMER, f"invoice:{key}"]
        case PaymentReceived(allocations=allocations):
            named = dict.fromkeys(f"invoice:{part.invoice_id}" for part in allocations or ())
            return [_CUSTOMER, *named]
        case PaymentReversed(payment_id=key):
            return [_CUSTOMER, f"payment:{key}"]
        case _:
            return [_CUSTOMER]


def _is_known(state: CustomerState, need: str) -> bool:
    kind, _, key = need.partition(":")
    if kind == _CUSTOMER:
        return state.profile is not None
    return key in (state.invoices if kind == "invoice" else state.payments)


def _fact(identity: str, data: Data) -> tuple[str, str] | None:
    match data:
        case InvoiceIssued(invoice_id=key):
            return "invoices", key
        case InvoiceCredited():
            return "credits", identity
        case PaymentReceived(payment_id=key):
            return "payments", key
        case PaymentReversed():
            return "reversals", identity
        case DirectDebitFailed():
            return "failures", failure_key(data)
        case _:
            return None


def _refuse_foreign(work: Work, early: Waiting) -> None:
    """A reversal that came before its payment is refused as it would have been after it."""
    table, key = early.fact or ("", "")
    reversal = work.state.reversals.get(key) if table == "reversals" else None
    if reversal and is_foreign(work.state.payments.get(reversal.payment_id), reversal):
        refusal = FOREIGN_REVERSAL
        work.effects.append(RefuseWaiting(early.raw, refusal.reason, refusal.detail))
        kept = {name: fact for name, fact in work.state.reversals.items() if name != key}
        work.set(reversals=kept)


def _give_up(work: Work, early: Waiting, needs: tuple[str, ...]) -> None:
    """Dead letter. The fact leaves the row, so that the event may be sent again; money stays."""
    kinds = ", ".join(dict.fromkeys(need.partition(":")[0] for need in needs))
    days = work.policy.limits.orphan_days
    work.effects.append(
        RefuseWaiting(early.raw, "orphan", f"{kinds} still unknown after {days} days")
    )
    if early.fact is None:
        return
    table, key = early.fact
    rows = dict(getattr(work.state, table))
    if table == "payments":
        # The money is real whatever is missing: it stays, as credit, and a second dead letter
        # of the same payment_id finds it known.
        rows[key] = rows[key].model_copy(update={"released": True})
    else:
        rows.pop(key, None)
        seen = {name: day for name, day in work.state.seen.items() if name != early.identity}
        work.set(seen=seen)
    work.set(**{table: rows})
