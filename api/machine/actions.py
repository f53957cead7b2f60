"""`POST /api/v1/customers/{id}/actions`: what staff and systems decide becomes an event.

The same `Idempotency-Key` with the same content is the same event. What takes two people is
refused here: it goes through approval.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

import orjson
from aiohttp import web

from api.actions.limits import refuse_beyond_limits
from api.actions.publishing import FOUR_EYES, checked, publish
from api.machine.rows import id_of
from api.problems import Problem
from api.request_keys import USER
from api.security.access import machine
from api.services import Json, services
from domain.events.actions import ACTIONS

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_REASON_MAX = 1000
#: Filled in here: who, when and whose it is cannot be claimed.
_OURS = frozenset({"customer_id", "at", "by", "reason", "approved_by"})
#: Actions that make something new: it is named by its event unless the caller names it.
_NEW_IDS = {
    "hold.placed.v1": "hold_id",
    "promise.made.v1": "promise_id",
    "plan.agreed.v1": "plan_id",
    "hardship.granted.v1": "hardship_id",
    "dispute.opened.v1": "dispute_id",
    "note.added.v1": "note_id",
}
#: Told by our own pages and systems, not decided by anybody.
_NOT_DECIDED = frozenset({"link-payment.started.v1", "link.requested.v1"})
#: What may be decided here.
ALLOWED = tuple(sorted(set(ACTIONS) - FOUR_EYES - _NOT_DECIDED))
routes = web.RouteTableDef()


@routes.post("/api/v1/customers/{id}/actions")
@machine("actions")
async def act(request: web.Request) -> web.Response:
    wanted, customer_id, user = services(request), id_of(request), request[USER]
    if user is None:
        raise Problem(401, "unauthorized", "Log in.")
    ce_type, data, reason = _content(await request.read())
    content = orjson.dumps([data, reason], option=orjson.OPT_SORT_KEYS).decode()
    event_id = _event_id(user.name, customer_id, ce_type, _key_of(request), content)
    now = await wanted.now()
    if ce_type in _NEW_IDS:
        data = {_NEW_IDS[ce_type]: event_id, **data}
    about = {"customer_id": customer_id, "at": now.isoformat(), "by": user.name, "reason": reason}
    action = checked(ce_type, {**data, **about})
    await refuse_beyond_limits(wanted, action, now)
    await publish(wanted, ce_type, event_id, action)
    return web.json_response({"event_id": event_id, "type": ce_type}, status=202)


def _key_of(request: web.Request) -> str:
    """The caller's key; without one every request is a decision of its own."""
    key = request.headers.get("Idempotency-Key", "")
    if key and not _KEY.fullmatch(key):
        raise Problem(400, "bad-key", "An Idempotency-Key has 1 to 200 visible ASCII characters.")
    return key or secrets.token_urlsafe(16)


def _event_id(user: str, customer_id: str, ce_type: str, key: str, content: str) -> str:
    text = f"{user}\0{customer_id}\0{ce_type}\0{key}\0{content}"
    return f"api-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _content(body: bytes) -> tuple[str, Json, str]:
    """Type, data and reason. Raises Problem 400 for no JSON, 422 for what does not fit."""
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "bad-json", "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise Problem(422, "bad-action", "The body is an object with type, data and reason.")
    ce_type, data, reason = document.get("type"), document.get("data", {}), document.get("reason")
    if not isinstance(ce_type, str) or ce_type not in ACTIONS or ce_type in _NOT_DECIDED:
        raise Problem(422, "unknown-action", f"`type` is one of: {', '.join(ALLOWED)}.")
    if ce_type in FOUR_EYES:
        said = f"{ce_type} takes two people: ask for it on the customer's page, under approvals."
        raise Problem(409, "needs-approval", said)
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= _REASON_MAX:
        raise Problem(422, "no-reason", f"`reason` is a text of 1 to {_REASON_MAX} characters.")
    if not isinstance(data, dict):
        raise Problem(422, "bad-action", "`data` is an object.")
    claimed = sorted(_OURS.intersection(data))
    if claimed:
        raise Problem(422, "bad-action", f"Leave out of `data`: {', '.join(claimed)}.")
    unknown = sorted(set(data) - fields_of(ce_type))
    if unknown:
        raise Problem(422, "bad-action", f"{ce_type} has no {', '.join(unknown)[:200]}.")
    return ce_type, data, reason.strip()


def fields_of(ce_type: str) -> set[str]:
    """What the data of an action may hold: as they stand in the event."""
    fields = ACTIONS[ce_type].model_fields
    return {field.alias or name for name, field in fields.items()} - _OURS
