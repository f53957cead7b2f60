"""What waits for a second person: the queue, one request, and the verdict."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from api.actions.approving import carry_out
from api.machine.rows import id_of, live_customer
from api.pages.rendering import language_of, render
from api.problems import Problem, not_found
from api.request_keys import USER
from api.security.access import form_of, staff
from api.services import Json, services
from api.texts import Translator
from connectors.postgres.action_requests import ActionRequest, AlreadyDecided, SamePerson
from runtime.logs import logger

_COMMENT_MAX = 1000
_log = logger(__name__)
routes = web.RouteTableDef()


@routes.get("/approvals")
@staff("approvals")
async def show_queue(request: web.Request) -> web.Response:
    waiting = await services(request).action_requests.waiting()
    return render(request, "approvals.html", waiting=waiting)


@routes.get("/approvals/{id}")
@staff("approvals")
async def show_request(request: web.Request) -> web.Response:
    return await _show(request, await _found(request))


@routes.post("/approvals/{id}")
@staff("approvals")
async def decide(request: web.Request) -> web.Response:
    wanted, user = services(request), request[USER]
    fields = await form_of(request)
    comment = fields.get("comment", "").strip()[:_COMMENT_MAX]
    words = Translator(language_of(request))
    verdict: Literal["approved", "refused"] = (
        "approved" if fields.get("verdict") == "approve" else "refused"
    )
    asked = await _found(request)
    if user is None:
        raise Problem(403, "forbidden", "Log in again.")
    if not comment:
        return await _show(request, asked, status=422, error=words("approval.error.comment"))
    now = await wanted.now()
    try:
        decided = await wanted.action_requests.decide(
            asked.request_id, verdict, by=user.name, comment=comment, at=now
        )
    except SamePerson:
        return await _show(request, asked, status=409, error=words("approval.error.same_person"))
    except AlreadyDecided as known:
        return await _show(
            request, known.request, status=409, error=words("approval.error.decided")
        )
    if decided is None:
        raise not_found("request")
    if decided.state == "approved":
        try:
            await carry_out(wanted, decided, now)
        except Problem as problem:
            # The verdict stands and is published as soon as the log is back.
            _log.warning("an approved action waits", error=problem.detail)
    return web.Response(status=303, headers={"Location": f"/approvals/{decided.request_id}"})


async def _found(request: web.Request) -> ActionRequest:
    found = await services(request).action_requests.get(id_of(request))
    if found is None:
        raise not_found("request")
    return found


async def _about(request: web.Request, asked: ActionRequest) -> list[tuple[str, Json | None]]:
    """What it is about, each with what is open of it now: the second person sees the money."""
    named = [*asked.data.get("invoice_ids", ())]
    named += [asked.data["fee_id"]] if "fee_id" in asked.data else []
    try:
        view = await live_customer(services(request), asked.customer_id) or {}
    except Problem:
        view = {}  # their worker is away: the names alone
    open_now = {one["invoice_id"]: one["open"] for one in view.get("open", ())}
    return [(name, open_now.get(name)) for name in named]


async def _show(
    request: web.Request, asked: ActionRequest, *, status: int = 200, error: str = ""
) -> web.Response:
    user = request[USER]
    return render(
        request,
        "approval.html",
        status=status,
        asked=asked,
        about=await _about(request, asked),
        is_own=user is not None and user.name == asked.requested_by,
        error=error,
    )
