"""Collection cases: the list, and one as it stands now."""

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
    listings.CASES,
    (
        Column("case_id", "code", "/cases/{}"),
        Column("customer_id", "code", "/customers/{}"),
        Column("name"),
        Column("state", "badge"),
        Column("overdue_state", "badge"),
        Column("balances", "money"),
        Column("because", "word"),
        Column("held_because", "word"),
        Column("proposes", "word"),
        Column("next_step", "word"),
        Column("next_at", "moment"),
        Column("changed_at", "moment"),
    ),
    {"queue": ("open", "held", "proposed", "closed")},
    beside="/given-up",
)
routes = web.RouteTableDef()
serve(routes, "/cases", "cases", _PAGE)


@routes.get("/cases/{id}")
@staff("cases")
async def show_case(request: web.Request) -> web.Response:
    found = await live_row_by_index(services(request), "cases", id_of(request))
    if found is None:
        raise not_found("case")
    return render(request, "case.html", case=found.row, as_of=found.as_of)
