"""`/pay/{token}`: what is open now; paying all of it or a part. No login: the link is signed."""

from __future__ import annotations

import asyncio
import hashlib

from aiohttp import web

from api.pay import orders
from api.pay.choice import BadChoice, chosen_of
from api.pay.psp import Order, PspUnavailable
from api.pay.telling import tell_started
from api.pay.visit import Visit, opened
from api.request_keys import FORM_TARGETS
from api.security.access import form_of
from api.services import Json

#: The payment is on its way through the log while its customer comes back: a moment's patience.
_BOOKING_PAUSES_S = (0.1, 0.2, 0.3, 0.4)
routes = web.RouteTableDef()


def _show(visit: Visit, status: int = 200, error: str = "", **kept: str) -> web.Response:
    leads_to_provider(visit)
    return visit.page("pay.html", status=status, error=error, kept=kept)


def leads_to_provider(visit: Visit) -> None:
    """The browser may follow a form of this page to the provider's."""
    visit.request[FORM_TARGETS] = visit.services.psp.origin


@routes.get("/pay/{token}")
async def show(request: web.Request) -> web.Response:
    visit = await opened(request)
    return _show(visit) if isinstance(visit, Visit) else visit


@routes.post("/pay/{token}")
async def begin(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    fields = await form_of(request)
    invoices = [str(value) for value in (await request.post()).getall("invoice", [])]
    kept = {name: fields.get(name, "")[:64] for name in ("what", "amount", "nonce")}
    try:
        chosen = chosen_of(visit.claims, visit.items, kept["what"], kept["amount"], invoices)
    except BadChoice as bad:
        return _show(visit, 422, visit.words(f"pay.error.{bad.reason}"), **kept)
    reference = orders.reference_of(chosen, kept["nonce"])
    try:
        address = await order(visit, reference, chosen)
    except PspUnavailable:
        return _show(visit, 503, visit.words("pay.error.psp"), **kept)
    return web.Response(status=303, headers={"Location": address})


async def order(
    visit: Visit, reference: str, chosen: orders.Chosen, plan: Json | None = None
) -> str:
    """Keeps the order, tells that a payment has begun (no debit is retried meanwhile), makes the
    payment at the provider, gives the address of its page. `plan`: agreed once this is paid.
    """
    wanted = visit.services
    link = visit.claims.message_id
    began_at = await orders.keep(wanted.pool, reference, chosen, visit.now, plan, link)
    await tell_started(wanted, reference, chosen, began_at)
    public = wanted.settings.public_url.rstrip("/")
    wish = Order(
        amount=chosen.amount.model_dump(),
        description=visit.words("pay.description", reference=reference[3:11].upper()),
        return_url=f"{public}/pay/{visit.token}/back?order={reference}",
        webhook_url=f"{public}/psp/webhook",
        reference=reference,
        idempotency_key=hashlib.sha256(reference.encode()).hexdigest(),
    )
    return (await wanted.psp.create(wish)).url


@routes.get("/pay/{token}/back")
async def back(request: web.Request) -> web.Response:
    """After the provider's page: paid or not yet known, and what is open now."""
    reference = request.query.get("order", "")[:64].replace("\0", "")
    visit, reported = await opened(request, after_use=True), False
    for wait_s in _BOOKING_PAUSES_S:
        if not isinstance(visit, Visit):
            break
        reported = await orders.was_reported(visit.services.pool, reference)
        if reported and visit.has_booked(reference):
            break
        await asyncio.sleep(wait_s)
        visit = await opened(request, after_use=True)
    if not isinstance(visit, Visit):
        return visit
    return visit.page("pay_back.html", reported=reported, booked=visit.has_booked(reference))
