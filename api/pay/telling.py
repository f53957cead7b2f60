"""What customers decide behind their link becomes an event: the same form twice is the same one."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime

from api.actions.publishing import checked, publish
from api.pay.orders import Chosen
from api.pay.visit import Visit
from api.problems import Problem
from api.services import Json, Services
from runtime.logs import logger

SOURCE = "dunnock/pay"
BY = "customer"
#: Longer than that nobody waits for a page.
_STARTED_S_MAX = 2.0
_log = logger(__name__)


def event_id_of(customer_id: str, ce_type: str, nonce: str, content: Json) -> str:
    """By the form and what it says: sent twice it is one event, changed it is another."""
    said = json.dumps(content, sort_keys=True)
    text = f"{customer_id}\0{ce_type}\0{nonce}\0{said}"
    return f"own-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


async def tell(visit: Visit, ce_type: str, content: Json, nonce: str, *, id_field: str = "") -> str:
    """Acknowledged by the log when it returns: gives the event's id. Raises Problem 422, 503.

    `id_field` is filled with the same id: what is agreed is named by the form that made it.
    """
    customer_id = visit.claims.customer_id
    event_id = event_id_of(customer_id, ce_type, nonce, content)
    named = {id_field: event_id} if id_field else {}
    about = {"customer_id": customer_id, "at": visit.now.isoformat(), "by": BY}
    action = checked(ce_type, {**content, **named, **about})
    await publish(visit.services, ce_type, event_id, action, source=SOURCE)
    return event_id


async def tell_started(
    wanted: Services, reference: str, chosen: Chosen, began_at: datetime
) -> None:
    """The customer is on their way to the provider: no debit is tried beside it.

    With the log away they may pay all the same: the payment itself takes a retry back, too.
    """
    data: Json = {
        "customer_id": chosen.customer_id,
        "at": began_at.isoformat(),
        "by": BY,
        "payment_id": reference,
        "amount": chosen.amount.model_dump(),
    }
    if chosen.allocations is not None:
        data["invoice_ids"] = [one.invoice_id for one in chosen.allocations]
    ce_type = "link-payment.started.v1"
    action = checked(ce_type, data)
    try:
        async with asyncio.timeout(_STARTED_S_MAX):
            await publish(wanted, ce_type, f"started:{reference}", action, source=SOURCE)
    except (Problem, TimeoutError) as error:
        _log.warning("a payment began that the log does not know of", error=type(error).__name__)


async def tell_agreed(
    wanted: Services, reference: str, chosen: Chosen, plan: Json, began_at: datetime
) -> None:
    """The first instalment is paid: the plan stands from when it was ordered."""
    ce_type = "plan.agreed.v1"
    data = {
        "customer_id": chosen.customer_id,
        "at": began_at.isoformat(),
        "by": BY,
        "plan_id": reference,
        **plan,
    }
    await publish(wanted, ce_type, f"plan:{reference}", checked(ce_type, data), source=SOURCE)
