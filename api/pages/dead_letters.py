"""Records that could not be used, and why."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, export, show
from api.security.access import staff
from tables import listings

_PAGE = ListPage(
    listings.DEAD_LETTERS,
    (
        Column("place", "code"),
        Column("reason", "code"),
        Column("detail"),
        Column("key", "code"),
        Column("recorded_at", "moment"),
    ),
)
routes = web.RouteTableDef()


@routes.get("/dead-letters")
@staff("operations")
async def list_dead_letters(request: web.Request) -> web.Response:
    return await show(request, _PAGE)


@routes.get("/dead-letters.csv")
@staff("operations")
async def export_dead_letters(request: web.Request) -> web.StreamResponse:
    return await export(request, _PAGE)
