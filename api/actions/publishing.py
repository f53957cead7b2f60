"""From a decision of staff to its event on the log: the same decision is the same event."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pydantic

from api.problems import Problem, unavailable
from api.services import Json, Services
from connectors.log_client import LogUnavailable
from domain.events.actions import ACTIONS, Action
from streams.codec import headers_of
from streams.topics import INTERACTIONS

SOURCE = "dunnock/staff"
#: Decided by two different people: these wait for approval and are published by it.
FOUR_EYES = frozenset({"fee.waived.v1", "debt.written-off.v1", "debt.handed-over.v1"})


def event_id_of(customer_id: str, ce_type: str, nonce: str, content: Json) -> str:
    """The same form sent twice is one event; changed and sent again it is another."""
    said = json.dumps(content, sort_keys=True)
    text = f"{customer_id}\0{ce_type}\0{nonce}\0{said}"
    return f"staff-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def checked(ce_type: str, data: Json) -> Action:
    """The action's own model. Raises Problem 422 naming the fields that do not fit."""
    model = ACTIONS.get(ce_type)
    if model is None:
        raise Problem(422, "unknown-action", f"There is no action {ce_type[:60]}.")
    if "\\u0000" in json.dumps(data):
        raise Problem(422, "bad-action", "A text holds U+0000, which nothing can store.")
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors()[:5]
        )
        raise Problem(422, "bad-action", faults) from None


async def publish(
    wanted: Services, ce_type: str, event_id: str, action: Action, source: str = SOURCE
) -> None:
    """Acknowledged by the broker when it returns. Raises Problem 503 when it is away."""
    at: datetime = action.at.astimezone(UTC)
    body = action.model_dump_json(exclude_none=True, by_alias=True).encode()
    headers = headers_of(ce_type, event_id, at, source)
    try:
        await wanted.log.publish(INTERACTIONS, action.customer_id.encode(), body, headers)
    except LogUnavailable:
        raise unavailable("The log is away: nothing was decided. Try again.") from None
