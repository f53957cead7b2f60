"""Payment plans: what is due by now against what has come, and when a plan breaks.

The plan compares sums: instalments due so far (days of grace over) with all money for its
invoices since it was agreed. Paying ahead, in parts or two at once is all the same. An invoice that
is written off or handed over leaves the plan: what was open of it counts as covered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from domain.arrangements import clocks, plan_notices, received
from domain.arrangements.pauses import effective_pauses, stretched, zone_of
from domain.arrangements.policy import PlanNumbers
from domain.arrangements.saying import say
from domain.arrangements.state import Plan, PlanState
from domain.calendar import local_date, start_of_day
from domain.collections.work import Work
from domain.events.agreements import PlanChanged
from domain.money import Money

_DAY = dt.timedelta(days=1)
RUNNING = frozenset({"running", "late"})
_TYPES = {"running": "plan.cured.v1", "cancelled": "plan.ended.v1"}


class Due(NamedTuple):
    """An instalment where pauses are counted in: its day, and when it is missed."""

    number: int
    day: dt.date
    missed_at: dt.datetime
    #: All instalments up to this one, and this one alone, in minor units.
    sum_minor: int
    minor: int


def numbers_of(work: Work, plan: Plan) -> PlanNumbers:
    """The rules in force when the plan was agreed: they do not change under it."""
    return work.policy.plans.at(local_date(plan.facts.at, zone_of(work.state))).plans


def schedule_of(work: Work, plan: Plan) -> Iterator[Due]:
    """The instalments, each as much later as pauses since the agreement put it off.

    Ends where a pause without an end makes the rest due no day.
    """
    zone = zone_of(work.state)
    agreed_on, grace = local_date(plan.facts.at, zone), numbers_of(work, plan).grace_days
    pauses, total = effective_pauses(work.state.arrangements), 0
    for number, part in enumerate(plan.facts.instalments, start=1):
        total += part.amount.minor
        day = stretched(pauses, agreed_on, part.due_on)
        last = stretched(pauses, agreed_on, part.due_on + grace * _DAY)
        if day is None or last is None:
            return
        missed_at = start_of_day(last + _DAY, zone)
        yield Due(number, day, missed_at, total, part.amount.minor)


def breaks_at(work: Work, plan: Plan) -> dt.datetime | None:
    """When a plan that is late breaks unless it catches up."""
    if plan.late_since is None:
        return None
    zone = zone_of(work.state)
    late_on = local_date(plan.late_since, zone)
    days = numbers_of(work, plan).cure_days
    last = stretched(effective_pauses(work.state.arrangements), late_on, late_on + days * _DAY)
    return None if last is None else start_of_day(last, zone)


def follow(work: Work) -> None:
    """Judge every plan that runs."""
    for key, plan in work.state.arrangements.plans.items():
        if plan.state in RUNNING:
            _judge(work, key, plan)
        if work.state.notices.owed:
            plan_notices.follow_outcome(work, _as_paid_now(work, key))


def _as_paid_now(work: Work, key: str) -> Plan:
    """A plan that broke is judged no more, but what was paid since is said in its notice."""
    plan = work.state.arrangements.plans[key]
    if plan.state != "broken" or plan_notices.outcome_key(plan) not in work.state.notices.owed:
        return plan
    facts, plan = plan.facts, _without_given_up(work, plan)
    money = received.received_since(work, facts.at, plan.about, facts.currency)
    return plan.model_copy(update={"paid": money.settled + plan.paid_on_given_up})


def _without_given_up(work: Work, plan: Plan) -> Plan:
    """The plan less what has been given up since: for good, so a recall makes nobody late on it."""
    ledger, facts, given_up = work.ledger, plan.facts, work.state.case.given_up
    gone = [one for one in plan.about if one in given_up and ledger.open.get(one)]
    if not gone:
        return plan
    paid = received.received_since(work, facts.at, tuple(gone), facts.currency).settled
    update = {
        "given_up": plan.given_up | {key: ledger.open[key] for key in gone},
        "paid_on_given_up": plan.paid_on_given_up + paid,
    }
    return plan.model_copy(update=update)


def _is_given_up(work: Work, plan: Plan, rest: received.Received) -> bool:
    """Whether all that is open of it has left it: what remains, if anything, is settled."""
    is_owed = any(work.ledger.open.get(key) for key in plan.given_up)
    return is_owed and (rest.nothing_open or not plan.about)


def _judge(work: Work, key: str, plan: Plan) -> None:
    facts = plan.facts
    if f"plan|{key}" in work.state.arrangements.closings:
        _decide(work, key, plan, "cancelled", "cancelled")
        ended = work.state.arrangements.plans[key]
        plan_notices.owe_instalments(work, ended, tuple(schedule_of(work, ended)))
        return
    plan = _without_given_up(work, plan)
    money = received.received_since(work, facts.at, plan.about, facts.currency)
    paid = money.settled + plan.paid_on_given_up
    numbers, schedule = numbers_of(work, plan), list(schedule_of(work, plan))
    covered = paid + money.pending + plan.relieved + numbers.tolerance_minor
    missed = [due for due in schedule if due.missed_at <= work.now and due.sum_minor > covered]
    is_late = len(missed) >= numbers.missed_max
    counted = plan.model_copy(
        update={
            "paid": paid,
            "pending": money.pending,
            "missed": len(missed),
            "late_since": missed[numbers.missed_max - 1].missed_at if is_late else None,
        }
    )
    end = breaks_at(work, counted)
    if _is_given_up(work, counted, money):
        _decide(work, key, counted, "cancelled", "given_up")
    elif paid >= plan.total or money.nothing_open:
        because = "paid" if paid >= plan.total else "nothing_open"
        _decide(work, key, counted, "completed", because)
    elif end is not None and end <= work.now:
        _decide(work, key, counted, "broken", "not_cured")
    elif is_late != (plan.state == "late"):
        state: PlanState = "late" if is_late else "running"
        _decide(work, key, counted, state, "missed" if is_late else "caught_up")
    elif counted != work.state.arrangements.plans[key]:
        _put(work, key, counted)
    plan_notices.owe_instalments(work, work.state.arrangements.plans[key], schedule)


def _decide(work: Work, key: str, plan: Plan, state: PlanState, because: str) -> None:
    facts, is_over = plan.facts, state not in RUNNING
    changes = {
        "state": state,
        "changes": plan.changes + 1,
        "decided_at": work.now if is_over else None,
    }
    changed = plan.model_copy(update=changes)
    _put(work, key, changed)
    currency = facts.currency
    total = sum(part.amount.minor for part in facts.instalments)
    data = PlanChanged.model_validate(
        {
            "plan_id": key,
            "customer_id": facts.customer_id,
            "state": state,
            "because": because,
            "invoice_ids": facts.invoice_ids,
            "total": Money.model_construct(minor=total, currency=currency),
            "paid": Money.model_construct(minor=changed.paid, currency=currency),
            "missed": changed.missed,
            "at": work.now,
        }
    )
    say(work, _TYPES.get(state, f"plan.{state}.v1"), data, key, str(changed.changes))
    plan_notices.owe_outcome(work, changed)
    if because in {"not_cured", "cancelled"}:  # of what is given up nobody is reminded
        caused_by = work.cause.id if work.cause is not None else f"plan:{key}"
        clocks.restart(work, currency, f"plan_{state}", caused_by)


def _put(work: Work, key: str, plan: Plan) -> None:
    agreed = work.state.arrangements
    work.set(arrangements=agreed.model_copy(update={"plans": {**agreed.plans, key: plan}}))
