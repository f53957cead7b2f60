"""A payment service provider: `POST /payments`, a hosted page to pay on, and a signed webhook.

`POST /payments {amount, description, return_url, webhook_url, reference, idempotency_key}` → 201
`{"id", "checkout_url", "status"}` (the same key again: 200, the same payment). The webhook tells
`{"type": "payment.paid", "timestamp", "data": {id, reference, amount, status, paid_at}}`, signed
by Standard Webhooks, under the same `webhook-id` until somebody answers 2xx. `/received` lists
paid payments.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from aiohttp import web
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from domain.money import PositiveMoney
from runtime import metrics
from runtime.clock import utc_now
from runtime.settings import Settings
from simulators.faults import Faults, Received, install
from simulators.psp_webhooks import Webhooks
from simulators.serve import serve_forever

_NAME = "psp"
_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pay {{ amount }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Simulated payment</h1><p>{{ description }}</p><p><strong>{{ amount }}</strong></p>
{% if paid %}<p role="status">Paid.</p><p><a href="{{ back }}">Back to the shop</a></p>
{% else %}<form method="post"><button type="submit">Pay {{ amount }}</button></form>{% endif %}
</main></body></html>"""
)


class Order(BaseModel):
    """What a shop asks for."""

    amount: PositiveMoney
    description: str = Field("", max_length=500)
    return_url: str = Field(pattern=r"^https?://", max_length=2000)
    webhook_url: str = Field(pattern=r"^https?://", max_length=2000)
    reference: str = Field(min_length=1, max_length=200)
    idempotency_key: str | None = Field(None, max_length=200)


class Payment(BaseModel):
    """An order with what became of it."""

    id: str
    order: Order
    paid_at: AwareDatetime | None = None

    def public(self) -> dict[str, Any]:
        """As answers and webhooks show it."""
        return {
            "id": self.id,
            "reference": self.order.reference,
            "amount": self.order.amount.model_dump(),
            "status": "paid" if self.paid_at else "open",
            "paid_at": self.paid_at.isoformat() if self.paid_at else None,
        }


class Psp:
    """The provider's state, for as long as the process lives."""

    def __init__(self, webhooks: Webhooks) -> None:
        self.received = Received()
        self._webhooks = webhooks
        self._payments: dict[str, Payment] = {}
        self._by_key: dict[str, Payment] = {}

    async def create(self, request: web.Request) -> web.Response:
        """`POST /payments`."""
        try:
            order = Order.model_validate_json(await request.read())
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            return web.json_response({"error": problems}, status=422)
        key = order.idempotency_key or request.headers.get("Idempotency-Key") or ""
        payment, status = self._by_key.get(key), 200
        if payment is None:
            payment, status = Payment(id=f"pay_{len(self._payments) + 1}", order=order), 201
            self._payments[payment.id] = payment
            if key:
                self._by_key[key] = payment
        metrics.SIMULATED.labels(_NAME, str(status)).inc()
        place = f"{request.scheme}://{request.host}/checkout/{payment.id}"
        return web.json_response(payment.public() | {"checkout_url": place}, status=status)

    async def show(self, request: web.Request) -> web.Response:
        """`GET /payments/{id}`."""
        return web.json_response(self._known(request).public())

    async def page(self, request: web.Request) -> web.Response:
        """`GET /checkout/{id}`."""
        payment = self._known(request)
        amount = payment.order.amount
        major = Decimal(amount.minor).scaleb(-get_currency_precision(amount.currency))
        text = format_currency(major, amount.currency, locale="en")
        html = _PAGE.render(
            amount=text,
            description=payment.order.description,
            paid=payment.paid_at is not None,
            back=payment.order.return_url,
        )
        return web.Response(text=html, content_type="text/html")

    async def pay(self, request: web.Request) -> web.Response:
        """`POST /checkout/{id}`: paid once, however often it is pressed."""
        payment = self._known(request)
        if payment.paid_at is None:
            payment.paid_at = utc_now()
            told = payment.public()
            self.received.add(told | {"received_at": told["paid_at"]})
            event = {"type": "payment.paid", "timestamp": told["paid_at"], "data": told}
            self._webhooks.send(payment.order.webhook_url, payment.id, orjson.dumps(event))
        raise web.HTTPSeeOther(payment.order.return_url)

    def _known(self, request: web.Request) -> Payment:
        payment = self._payments.get(request.match_info["id"])
        if payment is None:
            raise web.HTTPNotFound(text="unknown payment")
        return payment


def application(webhooks: Webhooks) -> web.Application:
    """The provider as an application, without health routes."""
    psp = Psp(webhooks)
    app = web.Application()
    app.add_routes(
        [
            web.post("/payments", psp.create),
            web.get("/payments/{id}", psp.show),
            web.get("/checkout/{id}", psp.page),
            web.post("/checkout/{id}", psp.pay),
        ]
    )
    install(app, Faults(), psp.received, lambda _: _NAME)
    return app


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    async with Webhooks.open(settings.psp_webhook_secret) as webhooks:
        await serve_forever(application(webhooks), settings)
