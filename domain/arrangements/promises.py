"""Promises to pay: kept by the promised money alone, in time; broken by the clock.

Provisional money neither keeps nor breaks a promise: it waits until the money settles or goes
back. Money that goes back before the promise's time is over makes it run again. Where all that is
open of it is written off or handed over, it ends: who asks for the debt then is not we.
"""

from __future__ import annotations

import datetime as dt

from domain.arrangements import clocks, received
from domain.arrangements.pauses import effective_pauses, stretched, zone_of
from domain.arrangements.saying import say
from domain.arrangements.state import Promise, PromiseState
from domain.calendar import local_date, start_of_day
from domain.collections.work import Work
from domain.events.agreements import PromiseChanged
from domain.money import Money

_DAY = dt.timedelta(days=1)
_BECAUSE = {"broken": "not_paid", "withdrawn": "given_up"}


def deadline_of(work: Work, promise: Promise) -> dt.datetime | None:
    """When it breaks: after its day and those of grace. A pause puts it off; None: without end."""
    facts, zone = promise.facts, zone_of(work.state)
    made_on = local_date(facts.at, zone)
    grace = work.policy.plans.at(made_on).promises.grace_days
    last = stretched(
        effective_pauses(work.state.arrangements), made_on, facts.due_on + grace * _DAY
    )
    return None if last is None else start_of_day(last + _DAY, zone)


def named_until(work: Work, promise: Promise) -> dt.datetime:
    """The end of the day that the customer named."""
    return start_of_day(promise.facts.due_on + _DAY, zone_of(work.state))


def follow(work: Work) -> None:
    """Judge every promise that is not over."""
    for key, promise in work.state.arrangements.promises.items():
        if promise.state in {"broken", "withdrawn"}:
            continue
        deadline = deadline_of(work, promise)
        is_late = deadline is not None and deadline <= work.now
        if promise.state == "kept" and is_late:
            continue
        _judge(work, key, promise, is_late=is_late)


def _judge(work: Work, key: str, promise: Promise, *, is_late: bool) -> None:
    facts = promise.facts
    if f"promise|{key}" in work.state.arrangements.closings and promise.state == "running":
        _put(work, key, promise.model_copy(update={"state": "withdrawn", "decided_at": work.now}))
        return
    currency = facts.amount.currency
    money = received.received_since(work, facts.at, facts.invoice_ids, currency)
    made_on = local_date(facts.at, zone_of(work.state))
    needed = work.policy.plans.at(made_on).promises.needed(facts.amount.minor)
    if money.left:  # no more than there is: what is given up is not waited for
        needed = min(needed, money.settled + money.left)
    state: PromiseState = "running"
    if money.settled >= needed or money.nothing_open:
        state = "kept"
    elif money.given_up:
        state = "withdrawn"
    elif is_late and money.settled + money.pending < needed:
        state = "broken"
    changed = promise.model_copy(update={"received": money.settled, "pending": money.pending})
    if state == promise.state:
        if changed != promise:
            _put(work, key, changed)
        return
    changes = {
        "state": state,
        "changes": promise.changes + 1,
        "decided_at": None if state == "running" else work.now,
    }
    changed = changed.model_copy(update=changes)
    _put(work, key, changed)
    if state != "running":
        kept_by = "paid" if money.settled >= needed else "nothing_open"
        _say(work, changed, _BECAUSE.get(state, kept_by))
    if state == "broken":
        clocks.resume_now(work, currency)


def _put(work: Work, key: str, promise: Promise) -> None:
    agreed = work.state.arrangements
    promises = {**agreed.promises, key: promise}
    work.set(arrangements=agreed.model_copy(update={"promises": promises}))


def _say(work: Work, promise: Promise, because: str) -> None:
    facts = promise.facts
    data = PromiseChanged.model_validate(
        {
            "promise_id": facts.promise_id,
            "customer_id": facts.customer_id,
            "state": promise.state,
            "because": because,
            "amount": facts.amount,
            "received": Money.model_construct(
                minor=promise.received, currency=facts.amount.currency
            ),
            "due_on": facts.due_on,
            "invoice_ids": facts.invoice_ids,
            "at": work.now,
        }
    )
    what = "ended" if promise.state == "withdrawn" else promise.state
    say(work, f"promise.{what}.v1", data, facts.promise_id, str(promise.changes))
