"""Messages to customers: the list, and one with its text and what became of it."""

from __future__ import annotations

from aiohttp import web

from api.machine.rows import id_of
from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import render
from api.problems import not_found
from api.security.access import staff
from api.services import services
from tables import listings, views

_PAGE = ListPage(
    listings.MESSAGES,
    (
        Column("message_id", "code", "/messages/{}"),
        Column("customer_id", "code", "/customers/{}"),
        Column("kind", "word"),
        Column("step", "number"),
        Column("channel", "word"),
        Column("state", "badge"),
        Column("language"),
        Column("amount_due", "money"),
        Column("requested_at", "moment"),
    ),
    {
        "kind": ("reminder", "thank_you", "rework", "decision", "notice", "plan"),
        "channel": ("sms", "push", "email", "letter"),
        "state": ("requested", "delivered", "failed", "unknown", "withdrawn", "expired"),
    },
    beside="/not-sent",
)
routes = web.RouteTableDef()
serve(routes, "/messages", "messages", _PAGE)


@routes.get("/messages/{id}")
@staff("messages")
async def show_message(request: web.Request) -> web.Response:
    pool = services(request).pool
    message = await views.message(pool, id_of(request))
    if message is None:
        raise not_found("message")
    as_of = await views.projected_until(pool)
    return render(request, "message.html", message=message, as_of=as_of)
