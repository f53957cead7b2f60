"""Messages that were due and did not leave, and why."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, export, show
from api.security.access import staff
from tables import listings

_PAGE = ListPage(
    listings.NOT_SENT,
    (
        Column("customer_id", "code", "/customers/{}"),
        Column("kind", "word"),
        Column("step", "number"),
        Column("because", "word"),
        Column("at", "moment"),
        Column("deferred_to", "moment"),
    ),
    {"kind": ("reminder", "thank_you")},
    beside="/messages",
)
routes = web.RouteTableDef()


@routes.get("/not-sent")
@staff("messages")
async def list_not_sent(request: web.Request) -> web.Response:
    return await show(request, _PAGE)


@routes.get("/not-sent.csv")
@staff("messages")
async def export_not_sent(request: web.Request) -> web.StreamResponse:
    return await export(request, _PAGE)
