"""What Dunnock publishes: section 3 of the contract. Field order is the wire's."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, SerializerFunctionWrapHandler, model_serializer

from domain.events.base import Channel, Data, Id
from domain.money import Money

Outcome = Literal["accept", "reject", "refer", "counter_offer", "rework"]
Light = Literal["green", "amber", "red"]


class Reason(Data):
    code: Id
    text: dict[str, str]


class MissingField(Data):
    field: str
    why: str


class PolicyRef(Data):
    id: Id
    version: int


class CheckResult(Data):
    provider: Id
    status: Literal["hit", "no_hit", "timeout", "error", "skipped", "cached"]
    score: int | None = None
    latency_ms: int
    cost: Money | None = None


class DecisionMade(Data):
    decision_id: Id
    application_id: Id
    customer_id: Id | None = None
    outcome: Outcome
    light: Light
    score: int | None = None
    reasons: tuple[Reason, ...]
    missing: tuple[MissingField, ...] | None = None
    policy: PolicyRef
    checks: tuple[CheckResult, ...]
    degraded: bool
    decided_at: AwareDatetime
    machine_outcome: Outcome
    final_outcome: Outcome
    final_by: str | None = None


class LastLook(Data):
    topic: str
    partition: int
    end_offset: int


class Postal(Data):
    recipient: tuple[str, ...]
    sender: tuple[str, ...]
    brand: str


class MessageRequested(Data):
    message_id: Id
    customer_id: Id
    kind: str
    channel: Channel
    to: str
    language: str
    subject: str | None = None
    body: str
    payment_link: str | None = None
    invoice_ids: tuple[str, ...] = ()
    amount_due: Money | None = None
    step: int | None = None
    tone: str | None = None
    not_after: AwareDatetime
    requested_at: AwareDatetime
    caused_by: str
    last_look: tuple[LastLook, ...] | None = None
    #: Which notice a message of kind `notice` or `plan` is.
    notice: str | None = None
    #: The template that was used, in which version of the rule set `templates`.
    template: PolicyRef | None = None
    #: Letters: what stands in the address field, and who sends it.
    postal: Postal | None = None


class MessageWithdrawn(Data):
    message_id: Id
    customer_id: Id
    because: str
    at: AwareDatetime


class Fee(Data):
    invoice_id: Id
    amount: Money


class FeeStatusChanged(Data):
    customer_id: Id
    status: str
    rule: PolicyRef
    fees: tuple[Fee, ...]
    changed_at: AwareDatetime


class NextStep(Data):
    kind: str
    at: AwareDatetime


class CaseChanged(Data):
    case_id: Id
    customer_id: Id
    state: str
    previous: str | None
    because: str
    next_step: NextStep | None = None
    at: AwareDatetime

    @model_serializer(mode="wrap")
    def _with_previous(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`previous` is required by the contract: null for a new case, never left out."""
        return {"previous": None, **serialize(self)}
