"""Records that could not be used, and why."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, serve
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
serve(routes, "/dead-letters", "operations", _PAGE)
