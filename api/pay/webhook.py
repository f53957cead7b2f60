"""`POST /psp/webhook`: the provider says that a payment was made; we put it on the log.

Answered 2xx only after the broker has acknowledged the event: until then the provider repeats,
and a repeat is the same event (same ids, same bytes), so nothing is ever counted twice.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import ValidationError

from api.pay import orders
from api.pay.telling import tell_agreed
from api.problems import Problem
from api.services import Services, services
from api.signed_webhook import verified
from domain.events.ledger import PaymentReceived
from domain.money import PositiveMoney
from runtime.logs import logger
from streams.codec import headers_of
from streams.topics import PAYMENTS

_log = logger(__name__)
routes = web.RouteTableDef()


@routes.post("/psp/webhook")
async def webhook(request: web.Request) -> web.Response:
    wanted = services(request)
    event = verified(wanted.settings.psp_webhook_secret, await request.read(), request)
    if event.get("type") != "payment.paid":
        return web.Response(status=204)  # nothing that we act on
    reference, amount = _content(event)
    order = await orders.paid(wanted.pool, reference, await wanted.now())
    if order is None:
        raise Problem(404, "not-found", "We did not ask for this payment.")
    await _publish(wanted, order, amount)
    await orders.published(wanted.pool, reference, await wanted.now())
    return web.Response(status=204)


def _content(event: dict[str, Any]) -> tuple[str, PositiveMoney]:
    try:
        data = event["data"]
        return str(data["reference"]), PositiveMoney.model_validate(data["amount"])
    except (KeyError, TypeError, ValidationError):
        raise Problem(400, "bad-webhook", "The event lacks a reference or an amount.") from None


async def _publish(wanted: Services, order: orders.PaidOrder, amount: PositiveMoney) -> None:
    """`amount` is what the provider took: it decides, should it differ from what was ordered."""
    as_ordered = amount == order.chosen.amount
    if not as_ordered:
        _log.error("the provider took another amount than was ordered", reference=order.reference)
    payment = PaymentReceived(
        payment_id=order.reference,
        customer_id=order.chosen.customer_id,
        amount=amount,
        received_at=order.received_at,
        method="link",
        allocations=order.chosen.allocations if as_ordered else None,
    )
    await wanted.log.publish(
        PAYMENTS,
        order.chosen.customer_id.encode(),
        payment.model_dump_json(exclude_none=True).encode(),
        headers_of(
            "payment.received.v1", f"psp:{order.reference}", order.received_at, "dunnock/pay"
        ),
    )
    if order.plan is not None and as_ordered:
        await tell_agreed(wanted, order.reference, order.chosen, order.plan, order.began_at)
