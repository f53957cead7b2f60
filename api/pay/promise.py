"""`/pay/{token}/promise`: a day and an amount; reminders wait for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web

from api.pay.choice import BadChoice, minor_of
from api.pay.fields import Slip, day_of, kept_of
from api.pay.telling import tell
from api.pay.visit import Visit, opened
from api.rule_sets.present import policy_in_force
from api.security.access import form_of
from domain.arrangements.limits import promise_refusal
from domain.arrangements.policy import PlanRules
from domain.events.actions import PromiseMade
from domain.money import PositiveMoney

routes = web.RouteTableDef()


def _show(visit: Visit, rules: PlanRules, *, status: int = 200, **more: Any) -> web.Response:
    ahead = rules.at(visit.today).promises.days_ahead_max
    return visit.page(
        "pay_promise.html",
        status=status,
        error=more.get("error", ""),
        at_field=more.get("at_field", ""),
        kept=more.get("kept", {}),
        first=visit.today.isoformat(),
        last=(visit.today + timedelta(days=ahead)).isoformat(),
    )


@routes.get("/pay/{token}/promise")
async def show(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    return _show(visit, (await policy_in_force(visit.services.pool)).plans)


@routes.post("/pay/{token}/promise")
async def promise(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    fields = await form_of(request)
    rules, kept = (await policy_in_force(visit.services.pool)).plans, kept_of(fields)
    try:
        content = _content(visit, rules, fields)
    except Slip as slip:
        said = visit.words(f"own.error.{slip.reason}", **slip.values)
        return _show(visit, rules, status=422, error=said, at_field=slip.name, kept=kept)
    nonce = fields.get("nonce", "")
    event_id = await tell(visit, "promise.made.v1", content, nonce, id_field="promise_id")
    where = f"/pay/{visit.token}/done?what=promise&id={event_id}"
    return web.Response(status=303, headers={"Location": where})


def _content(visit: Visit, rules: PlanRules, fields: dict[str, str]) -> dict[str, Any]:
    """Raises Slip: also for what policy does not take, before it is on the log."""
    minor = _amount(visit, fields.get("amount", "").strip())
    due_on = day_of(fields, "due_on")
    content = {"amount": visit.money(minor), "due_on": due_on.isoformat()}
    if visit.state is None:
        raise Slip("amount", "nothing_open")
    made = PromiseMade(
        customer_id=visit.claims.customer_id,
        at=visit.now,
        by="customer",
        promise_id="-",
        amount=PositiveMoney.model_validate(content["amount"]),
        due_on=due_on,
    )
    refusal = promise_refusal(visit.state, rules, made, visit.today)
    if refusal is not None:
        numbers = rules.at(visit.today).promises
        raise Slip(
            "due_on",
            refusal.reason,
            days=numbers.days_ahead_max,
            count=numbers.promises_max,
            window=numbers.window_days,
        )
    return content


def _amount(visit: Visit, text: str) -> int:
    total = sum(item.minor for item in visit.items)
    if not total:
        raise Slip("amount", "nothing_open")
    if not text:
        return total
    try:
        minor = minor_of(text, visit.claims.currency)
    except BadChoice:
        raise Slip("amount", "amount") from None
    if minor > total:
        raise Slip("amount", "too_much")
    return minor
