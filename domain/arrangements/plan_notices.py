"""What a customer is told about their plan: that it stands, what comes next, how it ended.

Values of the templates, as text: `plan`, `total`, `paid`, `rest`, `schedule`; for one instalment
also `number`, `of`, `day` and `sum` (what is to be paid for it, less what was paid ahead).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domain.arrangements.pauses import zone_of
from domain.arrangements.state import Plan
from domain.calendar import local_date, start_of_day
from domain.money import Money
from domain.notices.owing import drop, owe, reword
from domain.notices.state import Notice
from domain.templates import formats

if TYPE_CHECKING:  # plans owe what is written here
    from domain.arrangements.plans import Due
    from domain.collections.work import Work

_DAY = dt.timedelta(days=1)
INSTALMENT = "instalment_due"
#: Why its message is taken back.
INSTALMENT_PAID, PLAN_ENDED = "instalment_paid", "plan_ended"
_OUTCOMES = {"completed": "plan_completed", "broken": "plan_broken", "late": "plan_late"}
#: What asks for the rest: collection, and only what is still open at a last look.
_ASKS = frozenset({"late", "broken"})
_ASKING_KINDS = frozenset({"plan_late", "plan_broken"})
_ASKING: dict[str, Any] = {"purpose": "collection", "asks_for_money": True}


def starts_at(work: Work, plan: Plan, due: Due) -> dt.datetime | None:
    """When the notice of an instalment falls due; None: there is none."""
    zone = zone_of(work.state)
    agreed_on = local_date(plan.facts.at, zone)
    days = work.policy.plans.at(agreed_on).plans.notice_days
    if days is None or due.day <= agreed_on:
        return None  # the first one, paid when the plan was made
    return max(plan.facts.at, start_of_day(due.day - days * _DAY, zone))


def owe_instalments(work: Work, plan: Plan, schedule: Sequence[Due]) -> None:
    """The confirmation once; a notice before each instalment that is not paid ahead."""
    if work.state.profile is None:
        return
    key, is_running = plan.facts.plan_id, plan.is_running
    if is_running and not _is_known(work, f"plan|{key}|agreed"):
        about = _values(work, plan)
        is_own = plan.facts.by == "customer"
        owe(work, f"plan|{key}|agreed", _notice(work, plan, "plan_agreed", about, at_once=is_own))
    if plan.state == "cancelled":
        drop(work, f"plan|{key}|agreed")
    for due in schedule:
        name, starts = f"plan|{key}|{due.number}", starts_at(work, plan, due)
        left = due.sum_minor - plan.paid - plan.pending - plan.relieved
        if not is_running or left <= 0:
            drop(work, name)
        elif name in work.state.notices.owed:
            values = _of_instalment(work, plan, due, min(left, due.minor), len(schedule))
            reword(work, name, values)
        elif name in work.state.notices.sent:
            continue
        elif starts is not None and starts <= work.now < _over(work, due):
            values = _of_instalment(work, plan, due, min(left, due.minor), len(schedule))
            more = {"purpose": "collection", "asks_for_money": True, "until": _over(work, due)}
            owe(work, name, _notice(work, plan, INSTALMENT, values, **more))


def _is_known(work: Work, name: str) -> bool:
    """Owed or sent already: its words need not be written again."""
    return name in work.state.notices.owed or name in work.state.notices.sent


def owe_outcome(work: Work, plan: Plan) -> None:
    """What became of it, once for each time it did."""
    kind = _OUTCOMES.get(plan.state)
    if kind is not None and work.state.profile is not None:
        more = _ASKING if plan.state in _ASKS else {}
        owe(work, outcome_key(plan), _notice(work, plan, kind, _values(work, plan), **more))


def follow_outcome(work: Work, plan: Plan) -> None:
    """What waits to be said of its end or delay: dropped once it is not so, else said as it is."""
    start, now_so = f"plan|{plan.facts.plan_id}|", outcome_key(plan)
    for name, waiting in tuple(work.state.notices.owed.items()):
        is_own = name.startswith((f"{start}late|", f"{start}broken|"))
        if is_own and waiting.kind in _ASKING_KINDS and name != now_so:
            drop(work, name)
        elif waiting.kind == INSTALMENT and name.startswith(start) and not plan.is_running:
            drop(work, name)  # lost on its way, and owed again since the plan has ended
    notice = work.state.notices.owed.get(now_so)
    if plan.state in _ASKS and notice is not None and work.state.profile is not None:
        values = _values(work, plan)
        if values != notice.values:
            drop(work, now_so)
            owe(work, now_so, notice.model_copy(update={"values": values}))


def why_not_announced(work: Work, name: str) -> str | None:
    """Why the notice of an instalment that has been asked for should not leave any more."""
    key, _, number = name.removeprefix("plan|").rpartition("|")
    plan = work.state.arrangements.plans.get(key)
    if plan is None or not number.isdigit():
        return None
    if not plan.is_running:
        return PLAN_ENDED
    due = sum(part.amount.minor for part in plan.facts.instalments[: int(number)])
    return INSTALMENT_PAID if due <= plan.paid + plan.pending + plan.relieved else None


def outcome_key(plan: Plan) -> str:
    """Under which it is owed that the plan has come to where it stands."""
    return f"plan|{plan.facts.plan_id}|{plan.state}|{plan.changes}"


def _over(work: Work, due: Due) -> dt.datetime:
    return start_of_day(due.day + _DAY, zone_of(work.state))


def _notice(work: Work, plan: Plan, kind: str, values: dict[str, str], **more: Any) -> Notice:
    caused_by = work.cause.id if work.cause is not None else f"plan:{plan.facts.plan_id}"
    fields: dict[str, Any] = {
        "kind": kind,
        "purpose": "service",
        "owed_at": work.now,
        "due": work.now,
        "caused_by": caused_by,
        "currency": plan.facts.currency,
        "invoice_ids": plan.about,
        "values": values,
    }
    return Notice.model_validate(fields | more)


class _Words:
    """Amounts and days as the customer writes them."""

    def __init__(self, work: Work, currency: str) -> None:
        profile = work.state.profile
        if profile is None:
            raise ValueError("nobody is written to who is not known")
        facts = profile.facts
        language = work.policy.texts.language(facts.language, facts.country)
        self._locale, self._currency = formats.locale_of(language, facts.country), currency

    def money(self, minor: int) -> str:
        return formats.money(
            Money.model_construct(minor=max(0, minor), currency=self._currency), self._locale
        )

    def day(self, day: dt.date) -> str:
        return formats.date(day, self._locale)


def _values(work: Work, plan: Plan) -> dict[str, str]:
    facts = plan.facts
    words = _Words(work, facts.currency)
    lines = [
        f"{words.day(one.due_on)}: {words.money(one.amount.minor)}" for one in facts.instalments
    ]
    return {
        "plan": facts.plan_id,
        "total": words.money(plan.total),
        "paid": words.money(plan.paid),
        "rest": words.money(plan.total - plan.paid),
        "schedule": "\n".join(lines),
    }


def _of_instalment(work: Work, plan: Plan, due: Due, minor: int, count: int) -> dict[str, str]:
    words = _Words(work, plan.facts.currency)
    return _values(work, plan) | {
        "number": str(due.number),
        "of": str(count),
        "day": words.day(due.day),
        "sum": words.money(minor),
    }
