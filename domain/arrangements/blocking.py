"""What was agreed that forbids asking for money now: the one answer for reminders and fees.

Order of reasons: a hold, a dispute, a pause, a plan (or its end), a promise. What is blocked is
held, not dropped: when it ends and the debt stands, the step goes on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from domain.arrangements.pauses import days_of, paused_days, running_pause, today_of, zone_of
from domain.arrangements.state import Plan, Promise
from domain.calendar import local_date, start_of_day
from domain.debits.coverage import under_way
from domain.events.actions import DisputeOpened

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState
    from domain.collections.work import Work

__all__ = ["askable", "blocks", "paused_days"]

#: Notices of a plan itself: neither the plan nor the days after its end stand in their way.
PLAN_KINDS = frozenset({"instalment_due", "plan_late", "plan_broken"})
#: A debit that is already asked for does not stand in its own way.
DIRECT_DEBIT = "direct_debit"
_DAY = dt.timedelta(days=1)


class _Block(NamedTuple):
    """`invoice_ids` None: all of the customer's, or all in `currency` where that is named."""

    reason: str
    invoice_ids: tuple[str, ...] | None = None
    currency: str | None = None


def blocks(work: Work, invoice_ids: tuple[str, ...], kind: str = "reminder") -> str | None:
    """Why nobody may ask for money for any of the invoices now; None when one may be asked for.

    Without ids: what forbids it altogether. Paid invoices count only where none is open.
    """
    if _is_free(work):
        return None
    found = list(_blocks_now(work, kind))
    if not found:
        return None
    if not invoice_ids:
        return next((block.reason for block in found if block.invoice_ids is None), None)
    still_open = [key for key in invoice_ids if work.ledger.open.get(key)]
    reasons = [_reason(work, found, key) for key in still_open or invoice_ids]
    return None if None in reasons else reasons[0]


def askable(work: Work, invoice_ids: tuple[str, ...], kind: str = "reminder") -> tuple[str, ...]:
    """Those of the invoices that may be named in a message that asks for money."""
    if _is_free(work):
        return invoice_ids
    found = list(_blocks_now(work, kind))
    return tuple(key for key in invoice_ids if _reason(work, found, key) is None)


def _reason(work: Work, found: list[_Block], invoice_id: str) -> str | None:
    for block in found:
        if block.invoice_ids is not None:
            if invoice_id in block.invoice_ids:
                return block.reason
            continue
        invoice = work.state.invoices.get(invoice_id)
        if invoice is None or block.currency in {None, invoice.facts.amount.currency}:
            return block.reason
    return None


def _is_free(work: Work) -> bool:
    return work.state.arrangements.is_empty and not work.state.debits.collections


def _blocks_now(work: Work, kind: str) -> Iterator[_Block]:
    """Every block in force, the one to be named first."""
    state, now = work.state, work.now
    if kind != DIRECT_DEBIT:
        yield _Block("being_collected", tuple(under_way(state.debits)))
    agreed = state.arrangements
    today = today_of(state, now)
    for key, hold in agreed.holds.items():
        is_over = hold.until is not None and hold.until < today
        if not is_over and f"hold|{key}" not in agreed.closings:
            yield _Block(f"hold:{hold.kind}", hold.invoice_ids)
    for key, dispute in agreed.disputes.items():
        if _is_disputed(state, key, dispute):
            yield _Block("dispute", dispute.invoice_ids)
    if running_pause(state, now) is not None:
        yield _Block(f"hardship:{_kind_of_pause(state, today)}")
    yield from _of_plans(work, kind)
    for promise in agreed.promises.values():
        if _is_promised(state, promise, now):
            yield _Block("promise", promise.facts.invoice_ids, promise.facts.amount.currency)


def _of_plans(work: Work, kind: str) -> Iterator[_Block]:
    if kind in PLAN_KINDS:
        return
    for plan in work.state.arrangements.plans.values():
        if plan.state in {"running", "late"}:
            yield _Block("plan", plan.about)
        elif plan.state == "broken" and work.now < restarts_at(work, plan):
            yield _Block("plan_broken", plan.about)


def restarts_at(work: Work, plan: Plan) -> dt.datetime:
    """When reminders may begin anew after the plan has broken: its notice has had its time."""
    zone = zone_of(work.state)
    broken_on = local_date(plan.decided_at or plan.facts.at, zone)
    days = work.policy.plans.at(local_date(plan.facts.at, zone)).plans.restart_days
    return start_of_day(broken_on + days * _DAY, zone)


def _is_disputed(state: CustomerState, key: str, dispute: DisputeOpened) -> bool:
    """Until it is answered; one that was upheld until the credit note for it has come."""
    closing = state.arrangements.closings.get(f"dispute|{key}")
    if closing is None:
        return True
    if not closing.upheld:
        return False
    credited = {one.invoice_id for one in state.credits.values() if one.credited_at >= dispute.at}
    return not credited.issuperset(dispute.invoice_ids or ()) or not credited


def _kind_of_pause(state: CustomerState, today: dt.date) -> str:
    agreed = state.arrangements
    for key, hardship in agreed.hardships.items():
        begins, ends = days_of(agreed, key)
        if begins <= today < ends:
            return hardship.kind
    return "forbearance"


def _is_promised(state: CustomerState, promise: Promise, now: dt.datetime) -> bool:
    """While it runs. One kept early still gives the customer the day they named."""
    if promise.state == "kept":
        return now < start_of_day(promise.facts.due_on + _DAY, zone_of(state))
    return promise.state == "running"
