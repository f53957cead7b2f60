"""Debts written off or handed over: the list, and their share of what was invoiced."""

from __future__ import annotations

from aiohttp import web

from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import render
from api.security.access import staff
from api.services import services
from tables import listings, views

_PAGE = ListPage(
    listings.GIVEN_UP,
    (
        Column("customer_id", "code", "/customers/{}"),
        Column("invoice_id", "code"),
        Column("kind", "badge"),
        Column("collector"),
        Column("amount", "money"),
        Column("open", "money"),
        Column("given_up_at", "moment"),
        Column("by_person"),
        Column("approved_by"),
        Column("reason"),
        Column("ended_at", "moment"),
        Column("ended_because", "word"),
    ),
    {"kind": ("written_off", "handed_over"), "state": ("running", "ended")},
    beside="/given-up/rate",
)
routes = web.RouteTableDef()
serve(routes, "/given-up", "cases", _PAGE)


@routes.get("/given-up/rate")
@staff("cases")
async def show_rate(request: web.Request) -> web.Response:
    """By currency, counted when it is asked for: with millions of invoices it takes a moment."""
    pool = services(request).pool
    return render(
        request,
        "given_up_rate.html",
        rates=await views.write_off_rates(pool),
        as_of=await views.projected_until(pool),
    )
