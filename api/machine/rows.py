"""One live row by its id, from the worker that owns it (contract, section 5)."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from api.problems import Problem, not_found
from api.rule_sets.present import policy_in_force
from api.security.access import machine
from api.services import Json, Services, services
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from domain.compliance.view import with_contact
from domain.fees.state import FeeState, fee_view
from tables import views
from tables.live_rows import LiveRow

#: What an id may hold; the same limits as the events'.
_ID_CHARACTERS_MAX = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

routes = web.RouteTableDef()


def id_of(request: web.Request) -> str:
    """The id of the path. Raises Problem 400 for what no event could carry."""
    value = request.match_info["id"]
    if not value or len(value) > _ID_CHARACTERS_MAX or _CONTROL.search(value):
        raise Problem(400, "bad-id", "An id has 1 to 200 characters and no control characters.")
    return value


async def live_customer(wanted: Services, customer_id: str) -> Json | None:
    """The customer as the contract shows one, with `as_of`; None if nobody knows the id."""
    found = await wanted.rows.get("customer_history", customer_id)
    if found is None:
        return None
    state = CustomerState.model_validate(found.row)
    now = await wanted.now()
    view = customer_view(state, now)
    shown = with_contact(view, state, await policy_in_force(wanted.pool), now)
    return {**shown, "as_of": found.as_of}


async def live_row_by_index(wanted: Services, table: str, row_id: str) -> LiveRow | None:
    """A row whose id is not its key: the index knows the key; if it lags, all are asked."""
    key = await views.key_of(wanted.pool, table, row_id)
    if key is not None:
        found = await wanted.rows.get(table, row_id, partition_key=key)
        if found is not None:
            return found
    return await wanted.rows.find(table, row_id)


def _answer(row: dict[str, Any]) -> web.Response:
    return web.json_response(row, headers={"Cache-Control": "no-store"})


@routes.get("/api/v1/customers/{id}")
@machine("customers")
async def customer(request: web.Request) -> web.Response:
    view = await live_customer(services(request), id_of(request))
    if view is None:
        raise not_found("customer")
    return _answer(view)


@routes.get("/api/v1/fee-status/{id}")
@machine("customers")
async def fee_status(request: web.Request) -> web.Response:
    found = await services(request).rows.get("fee_status", id_of(request))
    if found is None:
        raise not_found("fee status")
    return _answer({**fee_view(FeeState.model_validate(found.row)), "as_of": found.as_of})


@routes.get("/api/v1/applications/{id}")
@machine("decisions")
async def application(request: web.Request) -> web.Response:
    found = await live_row_by_index(services(request), "applications", id_of(request))
    return _found(found, "application")


@routes.get("/api/v1/decisions/{id}")
@machine("decisions")
async def decision(request: web.Request) -> web.Response:
    found = await live_row_by_index(services(request), "decisions", id_of(request))
    return _found(found, "decision")


@routes.get("/api/v1/cases/{id}")
@machine("cases")
async def case(request: web.Request) -> web.Response:
    found = await live_row_by_index(services(request), "cases", id_of(request))
    return _found(found, "case")


def _found(found: LiveRow | None, what: str) -> web.Response:
    if found is None:
        raise not_found(what)
    return _answer({**found.row, "as_of": found.as_of})
