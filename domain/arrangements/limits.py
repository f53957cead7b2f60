"""Which promises and plans are taken at all. What is refused says why, for people."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from domain.arrangements.pauses import today_of
from domain.arrangements.policy import PlanRules
from domain.calendar import local_date
from domain.effects import Refuse
from domain.events.actions import PlanAgreed, PromiseMade

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState
    from domain.collections.work import Work


def promise(work: Work, data: PromiseMade) -> Refuse | None:
    """Why the promise is not taken: its day, or too many made before it.

    Only where their days are known: of somebody unknown it is taken rather than judged in UTC.
    """
    if work.state.profile is None:
        return None
    zone = work.state.profile.facts.timezone
    return promise_refusal(work.state, work.policy.plans, data, local_date(data.at, zone))


def promise_refusal(
    state: CustomerState, rules: PlanRules, data: PromiseMade, made_on: dt.date
) -> Refuse | None:
    """The same for a form: before anything is published."""
    numbers = rules.at(made_on).promises
    if data.due_on < made_on:
        return Refuse("promise_past", "the day of the promise lies before the day it was made")
    if (data.due_on - made_on).days > numbers.days_ahead_max:
        said = f"a promise may reach {numbers.days_ahead_max} days ahead"
        return Refuse("promise_too_far", said)
    since = data.at - dt.timedelta(days=numbers.window_days)
    before = [
        one.facts
        for one in state.arrangements.promises.values()
        if since < one.facts.at <= data.at and one.facts.promise_id != data.promise_id
    ]
    if len(before) >= numbers.promises_max:
        said = f"{numbers.promises_max} promises in {numbers.window_days} days were made already"
        return Refuse("promise_limit", said)
    return None


def plan(work: Work, data: PlanAgreed) -> Refuse | None:
    """Why the plan cannot be followed. Staff may go beyond what customers may do themselves."""
    today = today_of(work.state, work.now)
    return plan_refusal(work.state, work.policy.plans, data, today)


def plan_refusal(
    state: CustomerState, rules: PlanRules, data: PlanAgreed, today: dt.date
) -> Refuse | None:
    """The same for a request: before anything is published."""
    if any(part.amount.currency != data.currency for part in data.instalments):
        return Refuse("plan_currency", "an instalment is in another currency than the plan")
    days = [part.due_on for part in data.instalments]
    if days != sorted(set(days)):
        return Refuse("plan_order", "the instalments' days do not follow each other")
    if not data.invoice_ids:
        return Refuse("plan_empty", "the plan names no invoice")
    known = [state.invoices[key] for key in data.invoice_ids if key in state.invoices]
    if any(one.facts.amount.currency != data.currency for one in known):
        return Refuse("plan_currency", "an invoice is in another currency than the plan")
    return plan_limit(state, rules, today)


def plan_limit(state: CustomerState, rules: PlanRules, today: dt.date) -> Refuse | None:
    """Whether as many plans run as may."""
    most = rules.at(today).plans.plans_active_max
    running = [one for one in state.arrangements.plans.values() if one.state in {"running", "late"}]
    if len(running) >= most:
        return Refuse("plan_limit", f"{most} plan(s) run already")
    return None
