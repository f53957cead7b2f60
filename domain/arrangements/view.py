"""What was agreed, as the customer's live row shows it; lists without entries are left out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from domain.arrangements.pauses import (
    days_of,
    effective_pauses,
    running_pause,
    stretched,
    today_of,
    zone_of,
)
from domain.arrangements.state import Arrangements, Plan, Promise
from domain.calendar import local_date
from domain.events.actions import Action

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState

_PLAIN = {"customer_id"}


def arrangements_view(state: CustomerState, now: dt.datetime) -> dict[str, Any]:
    """JSON-ready, in the order in which they were agreed."""
    agreed, today = state.arrangements, today_of(state, now)
    found: dict[str, Any] = {
        "holds": [
            {**_facts(hold), "state": _of_hold(agreed, key, hold.until, today)}
            for key, hold in agreed.holds.items()
        ],
        "disputes": [
            {**_facts(dispute), **_of_dispute(agreed, key)}
            for key, dispute in agreed.disputes.items()
        ],
        "promises": [_of_promise(promise) for promise in agreed.promises.values()],
        "plans": [_of_plan(state, plan) for plan in agreed.plans.values()],
        "hardships": [_of_hardship(agreed, key, today) for key in agreed.hardships],
    }
    pause = running_pause(state, now)
    if pause is not None:
        ends = None if pause[1] == dt.date.max else pause[1].isoformat()
        found["paused"] = {"since": pause[0].isoformat(), "until": ends}
    if agreed.preferences is not None:
        found["own_rules"] = _facts(agreed.preferences)
    return {name: value for name, value in found.items() if value}


def _facts(data: Action) -> dict[str, Any]:
    found = data.model_dump(mode="json", exclude_none=True, by_alias=True, exclude=_PLAIN)
    return {name: value for name, value in found.items() if name != "reason" or value}


def _of_hold(agreed: Arrangements, key: str, until: dt.date | None, today: dt.date) -> str:
    if f"hold|{key}" in agreed.closings:
        return "lifted"
    return "ended" if until is not None and until < today else "running"


def _of_dispute(agreed: Arrangements, key: str) -> dict[str, Any]:
    closing = agreed.closings.get(f"dispute|{key}")
    if closing is None:
        return {"state": "open"}
    return {"state": "answered", "upheld": closing.upheld, "answered_at": closing.at.isoformat()}


def _of_promise(promise: Promise) -> dict[str, Any]:
    currency = promise.facts.amount.currency
    return {
        **_facts(promise.facts),
        "state": promise.state,
        "received": {"minor": promise.received, "currency": currency},
        "pending": {"minor": promise.pending, "currency": currency},
    }


def _of_plan(state: CustomerState, plan: Plan) -> dict[str, Any]:
    """Each instalment with its day as pauses have moved it, and what is left of it."""
    currency, pauses = plan.facts.currency, effective_pauses(state.arrangements)
    agreed_on = local_date(plan.facts.at, zone_of(state))
    left, instalments = plan.paid + plan.pending + plan.relieved, []
    for part in plan.facts.instalments:
        covered = min(left, part.amount.minor)
        left -= covered
        day = stretched(pauses, agreed_on, part.due_on)
        instalments.append(
            {
                "due_on": None if day is None else day.isoformat(),
                "amount": part.amount.model_dump(),
                "left": {"minor": part.amount.minor - covered, "currency": currency},
            }
        )
    return {
        **_facts(plan.facts),
        "state": plan.state,
        "paid": {"minor": plan.paid, "currency": currency},
        "missed": plan.missed,
        "late_since": None if plan.late_since is None else plan.late_since.isoformat(),
        "instalments": instalments,
    }


def _of_hardship(agreed: Arrangements, key: str, today: dt.date) -> dict[str, Any]:
    hardship = agreed.hardships[key]
    begins, ends = days_of(agreed, key)
    state = "planned" if today < begins else "running" if today < ends else "ended"
    return {
        "hardship_id": key,
        "kind": hardship.kind,
        "from": begins.isoformat(),
        "until": None if ends == dt.date.max else ends.isoformat(),
        "state": state,
        "at": hardship.at.isoformat(),
        "by": hardship.by,
        **({"reason": hardship.reason} if hardship.reason else {}),
    }
