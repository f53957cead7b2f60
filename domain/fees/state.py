"""The row of `fee_status`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events.outputs import Fee, PolicyRef


class FeeState(BaseModel):
    """The status, the rule that set it, and when it is to be looked at again."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    customer_id: str
    status: str
    rule: PolicyRef
    #: Without a default: it is in every row, as it is in every event.
    fees: tuple[Fee, ...]
    changed_at: AwareDatetime
    #: Counts the changes, for their event ids.
    changes: int = 0
    timers: dict[str, AwareDatetime] = {}


def fee_view(state: FeeState) -> dict[str, Any]:
    """The body of `GET /api/v1/fee-status/{id}`: as the event."""
    return {
        "customer_id": state.customer_id,
        "status": state.status,
        "rule": state.rule.model_dump(),
        "fees": [fee.model_dump() for fee in state.fees],
        "changed_at": state.changed_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
    }
