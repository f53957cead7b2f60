"""What staff decide about a customer: a form each, with a reason; some need a second person."""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from api.actions.forms import FORMS, ActionForm, BadForm, data_of
from api.actions.limits import refuse_beyond_limits
from api.actions.planning import plan_of
from api.actions.publishing import FOUR_EYES, checked, event_id_of, publish
from api.machine.rows import id_of, live_customer
from api.pages.rendering import language_of, render
from api.problems import Problem, not_found
from api.request_keys import USER
from api.security.access import form_of, staff
from api.services import Json, services
from api.texts import Translator

_REASON_MAX = 1000
routes = web.RouteTableDef()


def running(view: Json, kind: str) -> list[tuple[str, str]]:
    """Ids of what runs now (holds, plans, fees, …), each with a word about it."""
    found = []
    for one in view.get(kind) or ():
        ids = [
            value for name, value in one.items() if name.endswith("_id") and name != "invoice_id"
        ]
        if ids and one.get("state") not in _OVER:
            found.append((str(ids[0]), str(one.get("kind") or one.get("state") or "")))
    return found


#: States of things that nothing can be done about any more.
_OVER = frozenset(
    {"kept", "broken", "withdrawn", "completed", "cancelled", "lifted", "ended", "answered",
     "waived", "refunded", "void"}
)  # fmt: skip


def possible(view: Json) -> list[ActionForm]:
    """The actions that make sense now: nothing can be lifted where nothing is held."""
    return [
        form
        for form in FORMS.values()
        if all(running(view, field.of) for field in form.fields if field.kind == "running")
    ]


async def _opened(request: web.Request) -> tuple[ActionForm, Json]:
    form = FORMS.get(request.match_info["action"])
    if form is None:
        raise not_found("action")
    view = await live_customer(services(request), id_of(request))
    if view is None:
        raise not_found("customer")
    return form, view


def _show(
    request: web.Request,
    form: ActionForm,
    view: Json,
    *,
    status: int = 200,
    error: str = "",
    at_field: str = "",
    kept: dict[str, str] | None = None,
) -> web.Response:
    options = {
        field.name: running(view, field.of) for field in form.fields if field.kind == "running"
    }
    return render(
        request,
        "customer_action.html",
        status=status,
        form=form,
        c=view,
        options=options,
        needs_second=form.ce_type in FOUR_EYES,
        error=error,
        at_field=at_field,
        kept=kept or {},
        nonce=(kept or {}).get("nonce") or secrets.token_urlsafe(12),
    )


@routes.get("/customers/{id}/actions/{action}")
@staff("actions")
async def show_form(request: web.Request) -> web.Response:
    form, view = await _opened(request)
    return _show(request, form, view)


@routes.post("/customers/{id}/actions/{action}")
@staff("actions")
async def decide(request: web.Request) -> web.Response:
    form, view = await _opened(request)
    fields = await form_of(request)
    posted = await request.post()
    several = {name: [str(v) for v in posted.getall(name)] for name in posted}
    kept = {name: value[:_REASON_MAX] for name, value in fields.items()}
    words = Translator(language_of(request))
    reason = fields.get("reason", "").strip()
    if not 0 < len(reason) <= _REASON_MAX:
        return _show(
            request, form, view, status=422, error=words("action.error.reason"),
            at_field="reason", kept=kept,
        )  # fmt: skip
    try:
        data = data_of(form, fields, several, _currency(view))
        if form.ce_type == "plan.agreed.v1":
            data = plan_of(data, view, _currency(view))
        event_id = await _carry(request, form, data, reason, view)
    except BadForm as bad:
        said = words(f"action.error.{bad.reason}")
        return _show(request, form, view, status=422, error=said, at_field=bad.name, kept=kept)
    except Problem as problem:
        if problem.status != 422:
            raise
        return _show(request, form, view, status=422, error=problem.detail, kept=kept)
    where = f"/approvals/{event_id}" if form.ce_type in FOUR_EYES else f"{request.path}/done"
    return web.Response(status=303, headers={"Location": where})


async def _carry(
    request: web.Request, form: ActionForm, data: dict[str, Any], reason: str, view: Json
) -> str:
    """Publish it, or keep it for a second person; gives its id."""
    nonce = str((await request.post()).get("nonce", ""))
    given_up = {one["invoice_id"] for one in view.get("given_up", ())}
    open_ids = [one["invoice_id"] for one in view["open"] if one["invoice_id"] not in given_up]
    wanted, user, customer_id = services(request), request[USER], id_of(request)
    if user is None or not nonce:
        raise Problem(403, "stale-form", "The form is too old. Load the page again and retry.")
    if form.ce_type in FOUR_EYES and any(field.kind == "invoices" for field in form.fields):
        # Named now: what is billed before the second person agrees was not meant.
        data.setdefault("invoice_ids", open_ids)
    event_id = event_id_of(customer_id, form.ce_type, nonce, {**data, "reason": reason})
    if form.id_field:
        data[form.id_field] = event_id
    now = await wanted.now()
    whole = {
        **data, "customer_id": customer_id, "at": now.isoformat(), "by": user.name,
        "reason": reason,
    }  # fmt: skip
    if form.ce_type not in FOUR_EYES:
        action = checked(form.ce_type, whole)
        await refuse_beyond_limits(wanted, action, now)
        await publish(wanted, form.ce_type, event_id, action)
        return event_id
    # Checked as it will be published, with a second person who is not known yet.
    checked(form.ce_type, {**whole, "approved_by": "-"})
    await wanted.action_requests.ask(
        event_id, customer_id, form.ce_type, data, reason=reason, by=user.name, at=now
    )
    return event_id


@routes.get("/customers/{id}/actions/{action}/done")
@staff("actions")
async def done(request: web.Request) -> web.Response:
    """It is on the log; the customer's page shows it as soon as their worker has read it."""
    form, view = await _opened(request)
    return render(request, "customer_action_done.html", form=form, c=view)


def _currency(view: Json) -> str:
    """Of the open debt; of several the first. Without debt: of any invoice, else euro."""
    for money in (*view.get("balance", ()), *(one["amount"] for one in view.get("invoices", ()))):
        return str(money["currency"])
    return "EUR"
