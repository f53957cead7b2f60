"""Messages that were due and did not leave, and why."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, serve
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
        Column("channel", "word"),
        Column("rule", "code"),
        Column("rule_version", "number"),
    ),
    {"kind": ("reminder", "thank_you")},
    beside="/messages",
)
routes = web.RouteTableDef()
serve(routes, "/not-sent", "messages", _PAGE)
