"""Applications: how far each one is, with the way to its newest decision."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, serve
from tables import listings

_PAGE = ListPage(
    listings.APPLICATIONS,
    (
        Column("application_id", "code"),
        Column("name"),
        Column("customer_id", "code", "/customers/{}"),
        Column("product", "word"),
        Column("status", "badge"),
        Column("outcome", "badge"),
        Column("light", "badge"),
        Column("decision_id", "code", "/decisions/{}"),
        Column("submitted_at", "moment"),
    ),
    {
        "status": ("history", "checking", "rework", "decided", "withdrawn"),
        "outcome": ("accept", "reject", "refer", "counter_offer", "rework"),
        "product": ("sim_only", "device", "energy", "bnpl"),
    },
    beside="/decisions",
)
routes = web.RouteTableDef()
serve(routes, "/applications", "decisions", _PAGE)
