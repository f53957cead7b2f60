"""`/pay/{token}`: what is open now; paying all of it or a part. No login: the link is signed."""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from aiohttp import web

from api.machine.rows import live_customer
from api.pages.rendering import LANGUAGE_COOKIE, language_of, render
from api.pay import orders
from api.pay.choice import BadChoice, Open, chosen_of, open_in
from api.pay.psp import Order, PspUnavailable
from api.request_keys import FORM_TARGETS
from api.security.access import form_of
from api.services import Json, Services, services
from api.texts import LANGUAGES, Translator, best_language
from domain.collections.links import BadLink, LinkClaims, verify

_TOKEN_CHARACTERS_MAX = 2000
#: The payment is on its way through the log while its customer comes back: a moment's patience.
_BOOKING_PAUSES_S = (0.1, 0.2, 0.3, 0.4)
routes = web.RouteTableDef()


class _Page:
    """One visit: whose link it is, what is open, which language they read."""

    def __init__(self, request: web.Request, claims: LinkClaims, view: Json) -> None:
        self.request, self.claims, self.view = request, claims, view
        self.items: list[Open] = open_in(view, claims.currency)
        profile = view.get("profile") or {}
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        known = best_language(str(profile.get("language") or ""), default=language_of(request))
        self.language = chosen if chosen in LANGUAGES else known
        self.zone = str(profile.get("timezone") or "UTC")

    def has_booked(self, payment_id: str) -> bool:
        """Whether what is shown as open already counts the payment."""
        return any(one["payment_id"] == payment_id for one in self.view.get("payments", ()))

    def show(self, status: int = 200, error: str = "", **kept: str) -> web.Response:
        psp = services(self.request).psp
        self.request[FORM_TARGETS] = psp.origin
        return render(
            self.request,
            "pay.html",
            status=status,
            language=self.language,
            zone=self.zone,
            items=self.items,
            total={"minor": sum(one.minor for one in self.items), "currency": self.claims.currency},
            as_of=self.view.get("as_of"),
            error=error,
            kept=kept,
            nonce=kept.get("nonce") or secrets.token_urlsafe(12),
        )


async def _opened(request: web.Request) -> _Page | web.Response:
    """The visit, or the page that says why the link does not open."""
    wanted, token = services(request), request.match_info["token"]
    try:
        if len(token) > _TOKEN_CHARACTERS_MAX:
            raise BadLink("forged")
        claims = verify(wanted.settings.secret, token, await wanted.now())
    except BadLink as bad:
        status = 410 if bad.reason == "expired" else 404
        return render(request, "pay_closed.html", status=status, why=bad.reason)
    view = await live_customer(wanted, claims.customer_id)
    return _Page(request, claims, view or {})


@routes.get("/pay/{token}")
async def show(request: web.Request) -> web.Response:
    opened = await _opened(request)
    return opened.show() if isinstance(opened, _Page) else opened


@routes.post("/pay/{token}")
async def begin(request: web.Request) -> web.Response:
    opened = await _opened(request)
    if not isinstance(opened, _Page):
        return opened
    fields = await form_of(request)
    invoices = [str(value) for value in (await request.post()).getall("invoice", [])]
    words = Translator(opened.language)
    kept = {name: fields.get(name, "")[:64] for name in ("what", "amount", "nonce")}
    try:
        chosen = chosen_of(opened.claims, opened.items, kept["what"], kept["amount"], invoices)
    except BadChoice as bad:
        return opened.show(422, words(f"pay.error.{bad.reason}"), **kept)
    try:
        address = await _ordered(services(request), request, chosen, kept["nonce"], words)
    except PspUnavailable:
        return opened.show(503, words("pay.error.psp"), **kept)
    return web.Response(status=303, headers={"Location": address})


async def _ordered(
    wanted: Services, request: web.Request, chosen: orders.Chosen, nonce: str, words: Translator
) -> str:
    """Keeps the order, makes the payment at the provider, gives the address of its page."""
    reference = orders.reference_of(chosen, nonce)
    await orders.keep(wanted.pool, reference, chosen, await wanted.now())
    public = wanted.settings.public_url.rstrip("/")
    order = Order(
        amount=chosen.amount.model_dump(),
        description=words("pay.description", reference=reference[3:11].upper()),
        return_url=f"{public}/pay/{request.match_info['token']}/back?order={reference}",
        webhook_url=f"{public}/psp/webhook",
        reference=reference,
        idempotency_key=hashlib.sha256(reference.encode()).hexdigest(),
    )
    return (await wanted.psp.create(order)).url


@routes.get("/pay/{token}/back")
async def back(request: web.Request) -> web.Response:
    """After the provider's page: paid or not yet known, and what is open now."""
    reference = request.query.get("order", "")[:64]
    opened, reported = await _opened(request), False
    for wait_s in _BOOKING_PAUSES_S:
        if not isinstance(opened, _Page):
            break
        reported = await orders.was_reported(services(request).pool, reference)
        if reported and opened.has_booked(reference):
            break
        await asyncio.sleep(wait_s)
        opened = await _opened(request)
    if not isinstance(opened, _Page):
        return opened
    return render(
        request,
        "pay_back.html",
        language=opened.language,
        reported=reported,
        booked=opened.has_booked(reference),
        items=opened.items,
        total={"minor": sum(one.minor for one in opened.items), "currency": opened.claims.currency},
        token=request.match_info["token"],
        as_of=opened.view.get("as_of"),
    )
