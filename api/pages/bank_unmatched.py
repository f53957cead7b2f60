"""Returns that nobody could match: the list, and one with what a person may decide about it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.machine.rows import id_of
from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import language_of, render
from api.problems import Problem, not_found
from api.request_keys import USER
from api.security.access import form_of, staff
from api.services import services
from api.texts import Translator
from connectors.bank.by_hand import Undecidable, book_by_hand, dismiss
from runtime.clock import utc_now
from tables import bank_views
from tables.bank_listings import BANK_UNMATCHED

_PAGE = ListPage(
    BANK_UNMATCHED,
    (
        Column("end_to_end_id", "code", "/bank-files/unmatched/{}", "return_id"),
        Column("mandate_id", "code"),
        Column("debtor"),
        Column("amount", "money"),
        Column("reason", "code"),
        Column("why", "word"),
        Column("state", "badge"),
        Column("at", "moment"),
    ),
    {
        "state": ("unmatched", "booked", "dismissed"),
        "why": (
            "unknown_collection", "no_reference", "several_invoices", "amount_differs",
            "mandate_differs",
        ),
    },
    beside="/bank-files",
)  # fmt: skip
_NOTE_MAX = 1_000
_ID_MAX = 200


def serve_pages(routes: web.RouteTableDef) -> None:
    """Add the pages to `routes`."""
    serve(routes, "/bank-files/unmatched", "bank-files", _PAGE)
    routes.get("/bank-files/unmatched/{id}")(show_return)
    routes.post("/bank-files/unmatched/{id}")(decide)


@staff("bank-files")
async def show_return(request: web.Request) -> web.Response:
    return await _show(request, await _found(request))


@staff("bank-files")
async def decide(request: web.Request) -> web.Response:
    wanted, user = services(request), request[USER]
    fields = await form_of(request)
    found = await _found(request)
    if user is None:
        raise Problem(403, "forbidden", "Log in again.")
    invoice_id = fields.get("invoice_id", "").strip() or fields.get("candidate", "")
    note = fields.get("note", "").strip()[:_NOTE_MAX]
    try:
        if fields.get("decision") == "dismiss":
            if not note:
                raise Undecidable("note")
            await dismiss(wanted.pool, found["return_id"], note, user.name)
        else:
            if not 0 < len(invoice_id) <= _ID_MAX or "\0" in invoice_id:
                raise Undecidable("invoice")
            await book_by_hand(wanted.pool, found["return_id"], invoice_id, user.name, utc_now())
    except Undecidable as error:
        words = Translator(language_of(request))
        status = 409 if error.code == "decided_before" else 422
        told = words(f"bank.error.{error.code}")
        return await _show(request, await _found(request), status=status, error=told, kept=fields)
    location = f"/bank-files/unmatched/{found['return_id']}"
    return web.Response(status=303, headers={"Location": location})


async def _found(request: web.Request) -> dict[str, Any]:
    found = await bank_views.bank_return(services(request).pool, id_of(request))
    if found is None:
        raise not_found("return")
    return found


async def _show(
    request: web.Request,
    found: dict[str, Any],
    *,
    status: int = 200,
    error: str = "",
    kept: dict[str, str] | None = None,
) -> web.Response:
    is_open = found["state"] == "unmatched"
    pool = services(request).pool
    return render(
        request,
        "bank_return.html",
        status=status,
        r=found,
        amount=_money(found["minor"], found["currency"]),
        charge=_money(found["charge_minor"], found["charge_currency"]),
        candidates=await bank_views.candidates(pool, found) if is_open else [],
        error=error,
        kept=kept or {},
    )


def _money(minor: int | None, currency: str | None) -> dict[str, Any] | None:
    return {"minor": minor, "currency": currency} if minor is not None else None
