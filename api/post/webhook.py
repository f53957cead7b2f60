"""`POST /post/webhook`: the print service says that a letter was posted, or came back.

It becomes a receipt on the log, under an id of its own, so a repetition changes nothing. Answered
2xx only after the broker has acknowledged it.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from api.problems import Problem
from api.services import services
from api.signed_webhook import verified
from domain.events.customers import Interaction
from streams.codec import headers_of
from streams.topics import INTERACTIONS

routes = web.RouteTableDef()
SOURCE = "dunnock/post"
_KINDS = {"letter.posted": "message.delivered.v1", "letter.returned": "message.failed.v1"}
_CUSTOMER_OF = "SELECT customer_id FROM dispatches WHERE message_id = $1 AND channel = 'letter'"


@routes.post("/post/webhook")
async def webhook(request: web.Request) -> web.Response:
    """Takes the news of one letter."""
    wanted = services(request)
    event = verified(wanted.settings.letter_webhook_secret, await request.read(), request)
    said = str(event.get("type"))
    kind = _KINDS.get(said)
    if kind is None:
        return web.Response(status=204)  # nothing that we act on
    data = event.get("data")
    if not isinstance(data, dict) or not data.get("reference"):
        raise Problem(400, "bad-webhook", "The event lacks a reference.")
    message_id = str(data["reference"])
    customer_id = await wanted.pool.fetchval(_CUSTOMER_OF, message_id)
    if customer_id is None:
        raise Problem(404, "not-found", "We did not ask for this letter.")
    state = said.removeprefix("letter.")
    reason = str(data.get("reason") or state)[:100]
    # The log's own time: the service's clock is not ours, and on a simulated one it is far off.
    now = await wanted.now()
    try:
        receipt = Interaction(
            customer_id=customer_id,
            channel="letter",
            at=now,
            message_id=message_id,
            detail={"state": "failed", "reason": reason}
            if state == "returned"
            else {"state": state},
        )
    except ValidationError:
        raise Problem(400, "bad-webhook", "The event is not one of a letter.") from None
    await wanted.log.publish(
        INTERACTIONS,
        customer_id.encode(),
        receipt.model_dump_json(exclude_none=True).encode(),
        headers_of(kind, f"{message_id}/{state}", now, SOURCE),
    )
    return web.Response(status=204)
