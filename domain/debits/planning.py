"""Plans the next collection of each failed debit, announces it, and gives it up when it must."""

from __future__ import annotations

import datetime as dt

from domain.calendar import local_date
from domain.collections.work import Work
from domain.debits.candidates import ZONE, Candidate, candidates, challenge, choose
from domain.debits.policy import RetryNumbers
from domain.debits.situation import Situation, assess
from domain.debits.state import Plan
from domain.debits.wording import date_text, money_text
from domain.effects import RequestLook
from domain.identity import digest
from domain.money import Money
from domain.notices.owing import drop, owe, sent
from domain.notices.state import Notice

#: What the reference of a collection's look begins with.
DEBIT_LOOK = "debit|"
_DAY = dt.timedelta(days=1)


def plan_collections(work: Work) -> None:
    """Bring every plan in line with what is open, what is known, and what time it is."""
    rules, debits = work.policy.retries, work.state.debits
    if not debits.plans and not (rules.enabled and work.state.failures):
        return
    failed = {one.facts.invoice_id for one in work.state.failures.values()}
    for invoice_id in sorted(failed | set(debits.plans)):
        _plan(work, invoice_id)


def _plan(work: Work, invoice_id: str) -> None:
    known = work.state.debits.plans.get(invoice_id)
    found = assess(work, invoice_id) if work.policy.retries.enabled else "paid"
    if isinstance(found, str):
        _give_up(work, invoice_id, known, found)
    elif known is None or not still_holds(work, known, found):
        _make(work, known, found)
    plan = work.state.debits.plans.get(invoice_id)
    if plan is not None and plan.status == "waiting" and _is_due(plan, work.now):
        work.effects.append(RequestLook(DEBIT_LOOK + plan.collection_id))
        put_plan(work, invoice_id, plan.model_copy(update={"status": "looking"}))


def _is_due(plan: Plan, now: dt.datetime) -> bool:
    return plan.submit_at is not None and plan.submit_at <= now


def still_holds(work: Work, plan: Plan, found: Situation) -> bool:
    """Whether nothing has changed that the plan was made on, and it can still be carried out."""
    if plan.status == "blocked" or (plan.basis, plan.mandate_id) != (found.basis, found.mandate_id):
        return False
    if plan.attempt != found.attempt or plan.cut_off is None or plan.cut_off <= work.now:
        return False
    # Less than was announced may be collected, more may not.
    return found.open_minor <= plan.amount_minor and _can_be_announced(work, plan)


def is_announced(work: Work, plan: Plan) -> bool:
    """Whether the pre-notification left in time, or none is needed."""
    days = work.policy.retries.at(work.now.date()).prenotification_days
    if not days:
        return True
    told = sent(work, notice_key(plan))
    if told is None or told.failed or plan.collect_on is None:
        return False
    return local_date(told.at, ZONE) + days * _DAY <= plan.collect_on


def _can_be_announced(work: Work, plan: Plan) -> bool:
    days = work.policy.retries.at(work.now.date()).prenotification_days
    told = sent(work, notice_key(plan))
    if told is not None or plan.collect_on is None:
        return is_announced(work, plan)
    return local_date(work.now, ZONE) + days * _DAY <= plan.collect_on


def notice_key(plan: Plan) -> str:
    """Names the pre-notification: another one for another day, amount or mandate."""
    what = (plan.collection_id, str(plan.collect_on), plan.mandate_id, str(plan.amount_minor))
    return f"debits|pre_notification|{'|'.join(what)}"


def _make(work: Work, known: Plan | None, found: Situation) -> None:
    rules, numbers = work.policy.retries, work.policy.retries.at(work.now.date())
    offered = _offered(work, numbers, found)
    chosen = choose(rules.step(found.retry), offered)
    if chosen is None:
        _give_up(work, found.invoice_id, known, "window_passed")
        return
    if known is not None:
        drop(work, notice_key(known))
    plan = Plan(
        status="waiting",
        basis=found.basis,
        collection_id=collection_id(work.state.customer_id, found.invoice_id, found.attempt),
        attempt=found.attempt,
        amount_minor=found.open_minor,
        mandate_id=found.mandate_id,
        collect_on=chosen.day,
        submit_at=chosen.submit_at,
        cut_off=chosen.cut_off,
        reasons=chosen.reasons,
        challenger=challenge(rules.challenger, offered),
    )
    put_plan(work, found.invoice_id, plan)
    if numbers.prenotification_days:
        owe(work, notice_key(plan), _announcement(work, found, plan))


def _offered(work: Work, numbers: RetryNumbers, found: Situation) -> tuple[Candidate, ...]:
    rules, step = work.policy.retries, work.policy.retries.step(found.retry)
    today = local_date(work.now, ZONE)
    failed_on = local_date(found.failure.facts.failed_at, ZONE)
    waits = max(step.earliest_days, numbers.min_gap_days if found.retry > 1 else 0)
    if found.rule.action == "contact":
        waits = max(waits, numbers.link_first_days)
    earliest = max(failed_on + waits * _DAY, today + _DAY)
    if numbers.prenotification_days:
        # A day more than the law says: the announcement may have to wait for the morning.
        earliest = max(earliest, today + (numbers.prenotification_days + 1) * _DAY)
    latest = found.failed_first_on + numbers.window_days * _DAY
    profile = work.state.profile
    if profile is None:
        return ()
    facts = profile.facts
    payday = rules.payday(facts.country, facts.region, facts.person_group)
    if facts.payday is not None:
        payday = rules.own_payday(facts.payday, payday)
    return candidates(numbers, earliest, latest, payday, work.now)


def collection_id(customer_id: str, invoice_id: str, attempt: int) -> str:
    """The end-to-end id: unique for each attempt, 27 characters that every bank takes."""
    return "DD-" + digest(customer_id, invoice_id, str(attempt)).upper()


def _announcement(work: Work, found: Situation, plan: Plan) -> Notice:
    currency = work.state.invoices[found.invoice_id].facts.amount.currency
    return Notice(
        kind="pre_notification",
        purpose="service",
        owed_at=work.now,
        due=work.now,
        caused_by=found.failure.ce_id,
        currency=currency,
        invoice_ids=(found.invoice_id,),
        values={
            "collect_on": date_text(work, plan.collect_on) if plan.collect_on else "",
            "to_collect": money_text(work, Money(minor=plan.amount_minor, currency=currency)),
            "mandate_id": plan.mandate_id,
            "collection_id": plan.collection_id,
        },
        asks_for_money=True,
        until=plan.cut_off,
    )


def _give_up(work: Work, invoice_id: str, known: Plan | None, because: str) -> None:
    """No collection for now: nothing is announced, and the row says why."""
    if known is not None:
        drop(work, notice_key(known))
    if because == "paid":
        drop_plan(work, invoice_id)
        return
    if known is None or (known.status, known.because) != ("blocked", because):
        put_plan(work, invoice_id, Plan(status="blocked", because=because))


def put_plan(work: Work, invoice_id: str, plan: Plan) -> None:
    """Replace the plan of an invoice."""
    debits = work.state.debits
    plans = {**debits.plans, invoice_id: plan}
    work.set(debits=debits.model_copy(update={"plans": plans}))


def drop_plan(work: Work, invoice_id: str) -> None:
    """Forget the plan of an invoice."""
    debits = work.state.debits
    if invoice_id in debits.plans:
        plans = {key: plan for key, plan in debits.plans.items() if key != invoice_id}
        work.set(debits=debits.model_copy(update={"plans": plans}))
