"""`/pay/{token}/hardship` and `/dispute`: a pause for a while, and what somebody does not owe."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from api.pay.fields import Slip, day_of, kept_of, text_of
from api.pay.telling import BY, tell
from api.pay.visit import Visit, opened
from api.rule_sets.present import policy_in_force
from api.security.access import form_of
from domain.arrangements.policy import HardshipRule, PlanRules

_YEAR = timedelta(days=365)
routes = web.RouteTableDef()


def _rule(visit: Visit, rules: PlanRules) -> HardshipRule | None:
    """The rule by which customers may pause by themselves now; None when they may not."""
    country = (visit.view.get("profile") or {}).get("country")
    rule = rules.pause("forbearance", country, visit.today)
    if rule is None or not rule.self_service_days_max or visit.state is None:
        return None
    since = visit.now - _YEAR
    hardships = visit.state.arrangements.hardships.values()
    taken = sum(one.by == BY and one.at > since for one in hardships)
    return rule if taken < rule.self_service_per_year else None


def _show_pause(
    visit: Visit, rule: HardshipRule | None, *, status: int = 200, **more: Any
) -> web.Response:
    days = rule.self_service_days_max if rule is not None else 0
    return visit.page(
        "pay_pause.html",
        status=status,
        error=more.get("error", ""),
        at_field=more.get("at_field", ""),
        kept=more.get("kept", {}),
        may=rule is not None,
        first=(visit.today + timedelta(days=1)).isoformat(),
        last=(visit.today + timedelta(days=days)).isoformat(),
        days=days,
    )


@routes.get("/pay/{token}/hardship")
async def show_pause(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    rules = (await policy_in_force(visit.services.pool)).plans
    return _show_pause(visit, _rule(visit, rules))


@routes.post("/pay/{token}/hardship")
async def pause(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    fields = await form_of(request)
    rule, kept = _rule(visit, (await policy_in_force(visit.services.pool)).plans), kept_of(fields)
    if rule is None:
        return _show_pause(visit, rule, status=409, error=visit.words("own.pause.none"), kept=kept)
    try:
        until = day_of(fields, "until")
        _check(visit.today, until, rule.self_service_days_max)
        reason = text_of(fields, "reason", required=False)
    except Slip as slip:
        said = visit.words(f"own.error.{slip.reason}", **slip.values)
        return _show_pause(visit, rule, status=422, error=said, at_field=slip.name, kept=kept)
    content = {
        "kind": "forbearance",
        "from": visit.today.isoformat(),
        "until": until.isoformat(),
        "reason": reason,
    }
    nonce = fields.get("nonce", "")
    event_id = await tell(visit, "hardship.granted.v1", content, nonce, id_field="hardship_id")
    where = f"/pay/{visit.token}/done?what=pause&id={event_id}"
    return web.Response(status=303, headers={"Location": where})


def _check(today: date, until: date, days_max: int) -> None:
    if not today < until <= today + timedelta(days=days_max):
        raise Slip("until", "pause_days", days=days_max)


def _show_dispute(visit: Visit, *, status: int = 200, **more: Any) -> web.Response:
    return visit.page(
        "pay_dispute.html",
        status=status,
        error=more.get("error", ""),
        at_field=more.get("at_field", ""),
        kept=more.get("kept", {}),
        picked=more.get("picked", ()),
    )


@routes.get("/pay/{token}/dispute")
async def show_dispute(request: web.Request) -> web.Response:
    visit = await opened(request)
    return _show_dispute(visit) if isinstance(visit, Visit) else visit


@routes.post("/pay/{token}/dispute")
async def dispute(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    fields = await form_of(request)
    sent = {str(value) for value in (await request.post()).getall("invoice", [])}
    may = [one.invoice_id for one in visit.items if one.invoice_id not in visit.disputed]
    picked = may if len(may) == 1 else [key for key in may if key in sent]
    try:
        if not picked:
            raise Slip("invoice", "nothing_chosen")
        reason = text_of(fields, "reason", required=True)
    except Slip as slip:
        said = visit.words(f"own.error.{slip.reason}", **slip.values)
        kept = kept_of(fields)
        return _show_dispute(
            visit, status=422, error=said, at_field=slip.name, kept=kept, picked=picked
        )
    content = {"invoice_ids": picked, "reason": reason}
    nonce = fields.get("nonce", "")
    event_id = await tell(visit, "dispute.opened.v1", content, nonce, id_field="dispute_id")
    where = f"/pay/{visit.token}/done?what=dispute&id={event_id}"
    return web.Response(status=303, headers={"Location": where})
