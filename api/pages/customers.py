"""The list of customers, and everything about one of them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.machine.rows import id_of, live_customer
from api.pages.customer_actions import possible
from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import render
from api.pages.timeline import timeline_of
from api.problems import not_found
from api.request_keys import USER
from api.security.access import staff
from api.security.roles import may_open
from api.services import services
from tables import listings, views

_PAGE = ListPage(
    listings.CUSTOMERS,
    (
        Column("customer_id", "code", "/customers/{}"),
        Column("name"),
        Column("country"),
        Column("language"),
        Column("balances", "money"),
        Column("fee_status", "badge"),
        Column("case_state", "badge"),
        Column("next_step", "word"),
        Column("next_step_at", "moment"),
    ),
    {"debt": ("open", "none")},
)
routes = web.RouteTableDef()
serve(routes, "/customers", "customers", _PAGE)


@routes.get("/customers/{id}")
@staff("customers")
async def show_customer(request: web.Request) -> web.Response:
    wanted, customer_id = services(request), id_of(request)
    view = await live_customer(wanted, customer_id)
    if view is None:
        raise not_found("customer")
    fee = await wanted.rows.get("fee_status", customer_id)
    profile: dict[str, Any] = view["profile"] or {}
    name = profile.get("name")
    return render(
        request,
        "customer.html",
        title=f"{name['given']} {name['family']}".strip() if name else customer_id,
        c=view,
        profile=profile,
        fee=fee.row if fee is not None else None,
        entries=timeline_of(view),
        actions=possible(view) if _may_act(request) else (),
        decisions=await views.decisions_of(wanted.pool, customer_id),
    )


def _may_act(request: web.Request) -> bool:
    user = request[USER]
    return user is not None and may_open(user.role, "actions")
