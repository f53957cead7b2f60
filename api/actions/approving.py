"""The second person's verdict, and the outbox that brings what was approved to the log.

The verdict is committed first; publishing follows, and is repeated until the broker has it. A
repeat is the same event, so nothing is decided twice.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from api.actions.publishing import checked, publish
from api.problems import Problem
from api.services import Services
from connectors.postgres.action_requests import ActionRequest
from connectors.postgres.pool import LOST
from runtime.logs import logger

_log = logger(__name__)
_SWEEP_S = 5.0


async def carry_out(wanted: Services, request: ActionRequest, at: datetime) -> None:
    """Publish an approved request. Raises Problem 503 when the broker is away."""
    data = {
        **request.data,
        "customer_id": request.customer_id,
        "at": (request.decided_at or at).isoformat(),
        "by": request.requested_by,
        "reason": request.reason,
        "approved_by": request.decided_by,
    }
    await publish(wanted, request.ce_type, request.request_id, checked(request.ce_type, data))
    await wanted.action_requests.published(request.request_id, at)


async def sweep(wanted: Services) -> None:
    """Publish what an earlier process approved and did not publish. Runs until cancelled."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        try:
            for request in await wanted.action_requests.unpublished():
                await _carry_out_again(wanted, request)
        except LOST as error:
            _log.warning("approved actions wait for the database", error=str(error)[:200])
        except Exception:  # noqa: BLE001 - the pages, payments among them, must not end with it
            _log.exception("approved actions wait")


async def _carry_out_again(wanted: Services, request: ActionRequest) -> None:
    """One that can't be published does not keep back the others."""
    try:
        await carry_out(wanted, request, await wanted.now())
    except Problem as problem:
        _log.warning(
            "an approved action is not published", request=request.request_id, error=problem.detail
        )
