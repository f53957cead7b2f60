"""The instants at which a row needs `fire`, derived from what it holds."""

from __future__ import annotations

import datetime as dt

from domain.calendar import after_target_days, whole_ms
from domain.collections import sections
from domain.collections.claims import next_overdue
from domain.collections.ledger import net_of
from domain.collections.state import Payment
from domain.collections.steps import SLOTS, slot_of
from domain.collections.waiting import orphan_at
from domain.collections.work import Work


def settles_at(work: Work, payment: Payment) -> dt.datetime:
    """When a provisional payment is taken as settled."""
    days = work.policy.at(work.now).settle_target_days
    return whole_ms(after_target_days(payment.facts.received_at, days))


def settle_due(work: Work) -> None:
    """Settle provisional payments whose time has come."""
    due = {
        key: payment.model_copy(update={"settled_at": work.now})
        for key, payment in work.state.payments.items()
        if payment.settled_at is None and settles_at(work, payment) <= work.now
    }
    if due:
        work.set(payments={**work.state.payments, **due})


def set_timers(work: Work) -> None:
    """Name every instant at which something falls due without an event."""
    timers: dict[str, dt.datetime] = {}
    for currency, chase in work.state.chases.items():
        for name in SLOTS:
            slot = slot_of(chase, name)
            if slot is not None and slot.status == "waiting":
                timers[f"{name}|{currency}"] = slot.due
    for key, thanks in work.state.thanks.items():
        if thanks.status == "waiting":
            timers[f"thank|{key}"] = thanks.due
    settle = [
        settles_at(work, payment)
        for key, payment in work.state.payments.items()
        if payment.settled_at is None and net_of(work.state, key, payment)
    ]
    overdue = next_overdue(work.state, work.ledger, work.now)
    orphan = [orphan_at(work, early) for early in work.state.waiting]
    if settle:
        timers["settle"] = min(settle)
    if overdue is not None:
        timers["overdue"] = overdue
    if orphan:
        timers["orphan"] = min(orphan)
    timers |= sections.due(work)
    if timers != work.state.timers:
        work.set(timers=timers)
