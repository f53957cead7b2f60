"""What the customer's row would refuse is said at once, instead of a dead letter later."""

from __future__ import annotations

from datetime import datetime

from api.problems import Problem
from api.rule_sets.present import policy_in_force
from api.services import Services
from domain.arrangements.limits import plan_refusal, promise_refusal
from domain.arrangements.pauses import today_of
from domain.collections.state import CustomerState
from domain.events.actions import Action, PlanAgreed, PromiseMade


async def refuse_beyond_limits(wanted: Services, action: Action, now: datetime) -> None:
    """Raises Problem 422 for a promise or plan that the rules in force do not take."""
    if not isinstance(action, PromiseMade | PlanAgreed):
        return
    found = await wanted.rows.get("customer_history", action.customer_id)
    if found is None:
        return  # not known yet: it waits for them
    state, rules = CustomerState.model_validate(found.row), await policy_in_force(wanted.pool)
    today = today_of(state, now)
    if isinstance(action, PromiseMade):
        refusal = promise_refusal(state, rules.plans, action, today)
    else:
        refusal = plan_refusal(state, rules.plans, action, today)
    if refusal is not None:
        raise Problem(422, refusal.reason.replace("_", "-"), f"Refused: {refusal.detail}.")
