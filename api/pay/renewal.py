"""A link that has expired or was used up: a new one on request, to the customer's own address.

Whoever holds an old link gets nothing but a message to the customer; each link asks once.
"""

from __future__ import annotations

import hashlib

from aiohttp import web

from api.actions.publishing import checked, publish
from api.pages.rendering import render
from api.pay.telling import BY, SOURCE
from api.pay.visit import claims_of
from api.problems import Problem
from api.security.access import form_of
from api.services import services
from domain.collections.links import BadLink

routes = web.RouteTableDef()
_TYPE = "link.requested.v1"


@routes.get("/pay/{token}/renew")
async def back(request: web.Request) -> web.Response:
    """Whoever comes here otherwise (by choosing a language) sees the link's own page."""
    raise web.HTTPSeeOther(f"/pay/{request.match_info['token']}")


@routes.post("/pay/{token}/renew")
async def renew(request: web.Request) -> web.Response:
    """Asks for a new link; the same answer however often it is pressed."""
    await form_of(request)
    wanted = services(request)
    now = await wanted.now()
    try:
        claims = claims_of(request, now)
    except BadLink as bad:
        if bad.claims is None:
            raise Problem(404, "not-found", "This link does not work.") from None
        claims = bad.claims
    name = f"{claims.customer_id}\0{claims.message_id}"
    event_id = f"link-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    about = {"customer_id": claims.customer_id, "at": now.isoformat(), "by": BY}
    content = {"message_id": claims.message_id, "currency": claims.currency}
    await publish(wanted, _TYPE, event_id, checked(_TYPE, about | content), source=SOURCE)
    return render(request, "pay_closed.html", why="renewed", token="")
