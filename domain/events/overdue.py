"""Topic `overdue-states`: what state a customer's arrears are in, and what follows for services."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, SerializerFunctionWrapHandler, model_serializer

from domain.events.base import Data, Id
from domain.events.outputs import PolicyRef
from domain.money import Money

TOPIC = "overdue-states"


class OverdueStateChanged(Data):
    """`overdue-state.changed.v1`. `previous` is null for the first state."""

    customer_id: Id
    state: str
    previous: str | None
    because: str
    rule: PolicyRef
    days_past_due: int
    open: tuple[Money, ...]
    invoice_ids: tuple[str, ...]
    at: AwareDatetime

    @model_serializer(mode="wrap")
    def _with_previous(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`previous` is always there: null for the first state, never left out."""
        return {"previous": None, **serialize(self)}


class ServiceConsequence(Data):
    """`service.consequence.v1`: the ERP restricts a service, or gives it back."""

    customer_id: Id
    consequence: Id
    action: Literal["apply", "lift"]
    state: str
    rule: PolicyRef
    invoice_ids: tuple[str, ...]
    at: AwareDatetime
