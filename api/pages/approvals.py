"""What waits for a second person: the queue, one request, and the verdict."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from api.actions.approving import carry_out
from api.machine.rows import id_of
from api.pages.rendering import language_of, render
from api.problems import Problem, not_found
from api.request_keys import USER
from api.security.access import form_of, staff
from api.services import services
from api.texts import Translator
from connectors.postgres.action_requests import ActionRequest, AlreadyDecided, SamePerson

_COMMENT_MAX = 1000
routes = web.RouteTableDef()


@routes.get("/approvals")
@staff("approvals")
async def show_queue(request: web.Request) -> web.Response:
    waiting = await services(request).action_requests.waiting()
    return render(request, "approvals.html", waiting=waiting)


@routes.get("/approvals/{id}")
@staff("approvals")
async def show_request(request: web.Request) -> web.Response:
    return _show(request, await _found(request))


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
        return _show(request, asked, status=422, error=words("approval.error.comment"))
    now = await wanted.now()
    try:
        decided = await wanted.action_requests.decide(
            asked.request_id, verdict, by=user.name, comment=comment, at=now
        )
    except SamePerson:
        return _show(request, asked, status=409, error=words("approval.error.same_person"))
    except AlreadyDecided as known:
        return _show(request, known.request, status=409, error=words("approval.error.decided"))
    if decided is None:
        raise not_found("request")
    if decided.state == "approved":
        await carry_out(wanted, decided, now)
    return web.Response(status=303, headers={"Location": f"/approvals/{decided.request_id}"})


async def _found(request: web.Request) -> ActionRequest:
    found = await services(request).action_requests.get(id_of(request))
    if found is None:
        raise not_found("request")
    return found


def _show(
    request: web.Request, asked: ActionRequest, *, status: int = 200, error: str = ""
) -> web.Response:
    user = request[USER]
    return render(
        request,
        "approval.html",
        status=status,
        asked=asked,
        is_own=user is not None and user.name == asked.requested_by,
        error=error,
    )
