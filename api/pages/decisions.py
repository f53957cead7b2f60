"""Decisions on applications: the list, and one with its reasons and checks."""

from __future__ import annotations

from aiohttp import web

from api.machine.rows import id_of, live_row_by_index
from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import render
from api.problems import not_found
from api.security.access import staff
from api.services import services
from tables import listings

_PAGE = ListPage(
    listings.DECISIONS,
    (
        Column("decision_id", "code", "/decisions/{}"),
        Column("application_id", "code"),
        Column("customer_id", "code", "/customers/{}"),
        Column("outcome", "badge"),
        Column("light", "badge"),
        Column("score", "number"),
        Column("degraded", "badge"),
        Column("decided_at", "moment"),
    ),
    {
        "outcome": ("accept", "reject", "refer", "counter_offer", "rework"),
        "light": ("green", "amber", "red"),
        "degraded": ("degraded", "complete"),
    },
    beside="/applications",
)
routes = web.RouteTableDef()
serve(routes, "/decisions", "decisions", _PAGE)


@routes.get("/decisions/{id}")
@staff("decisions")
async def show_decision(request: web.Request) -> web.Response:
    found = await live_row_by_index(services(request), "decisions", id_of(request))
    if found is None:
        raise not_found("decision")
    return render(request, "decision.html", d=found.row, as_of=found.as_of)
