"""A customer's story told by a moving clock: events in, timers and looks run, messages out."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from domain.collections import rules as collections
from domain.collections.policy import CollectionsPolicy, load_policy
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from domain.effects import Effect, Publish, Refuse, RefuseWaiting, RequestLook
from domain.events import INPUTS
from domain.events.base import Envelope
from domain.events.outputs import LastLook, MessageRequested, MessageWithdrawn
from domain.fees.evaluation import concerns, evaluate
from domain.fees.state import FeeState

POLICY: CollectionsPolicy = load_policy(
    "https://dunnock.test/pay", "a-secret-of-tests-that-is-long"
)
TOPIC_OF = {kind: topic for topic, kinds in INPUTS.items() for kind in kinds}
LOOKED = (LastLook(topic="payments", partition=0, end_offset=7),)
CUSTOMER = "c1"
#: A Monday, 11:00 in Amsterdam.
START = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


def eur(minor: int, currency: str = "EUR") -> dict[str, Any]:
    return {"minor": minor, "currency": currency}


def customer(**fields: Any) -> dict[str, Any]:
    """`customer.updated` of somebody in Amsterdam with every address but a postal one."""
    contact = {"mobile": "+31612345678", "email": "eva@example.org", "push_token": "token-1"}
    return {
        "customer_id": CUSTOMER,
        "name": {"given": "Eva", "family": "Jansen"},
        "birth_date": "1990-01-01",
        "language": "nl",
        "country": "NL",
        "timezone": "Europe/Amsterdam",
        "contact": contact,
        "customer_since": "2024-01-01",
    } | fields


def invoice(invoice_id: str = "i1", minor: int = 4999, **fields: Any) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "customer_id": CUSTOMER,
        "amount": eur(minor),
        "issued_on": "2026-05-15",
        "due_on": "2026-05-29",
        "kind": "subscription",
        "payment_method": "direct_debit",
    } | fields


def failed(invoice_id: str = "i1", code: str = "AM04", **fields: Any) -> dict[str, Any]:
    return {
        "collection_id": f"e2e-{invoice_id}",
        "customer_id": CUSTOMER,
        "invoice_id": invoice_id,
        "amount": eur(4999),
        "reason_code": code,
        "failed_at": "2026-06-01T08:00:00Z",
        "debtor_country": "NL",
        "attempt": 1,
    } | fields


def payment(payment_id: str = "p1", minor: int = 4999, **fields: Any) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "customer_id": CUSTOMER,
        "amount": eur(minor),
        "received_at": "2026-06-01T09:00:00Z",
        "method": "link",
    } | fields


def reversal(payment_id: str = "p1", minor: int = 4999, **fields: Any) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "customer_id": CUSTOMER,
        "amount": eur(minor),
        "reversed_at": "2026-06-03T09:00:00Z",
    } | fields


def credit(invoice_id: str = "i1", minor: int = 4999, **fields: Any) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "customer_id": CUSTOMER,
        "amount": eur(minor),
        "credited_at": "2026-06-02T09:00:00Z",
    } | fields


def receipt(message_id: str | None = None, channel: str = "sms", **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": CUSTOMER,
        "channel": channel,
        "at": "2026-06-01T09:00:01Z",
        "message_id": message_id,
    } | fields


class Story:
    """Plays the engine: looks are decided at once unless `holds_looks`; timers fire in order."""

    def __init__(self, now: dt.datetime = START, policy: CollectionsPolicy = POLICY) -> None:
        self.now, self.policy = now, policy
        self.state: CustomerState | None = None
        self.fee_state: FeeState | None = None
        self.effects: list[Effect] = []
        self.looks: list[str] = []
        self.holds_looks = False
        self.count = 0

    def tell(self, kind: str, data: dict[str, Any], ce_id: str = "", **envelope: Any) -> Story:
        """One event, under its own `ce_id` unless given."""
        self.count += 1
        attributes = {"source": "erp", "time": self.now} | envelope
        head = Envelope(id=ce_id or f"e{self.count}", type=kind, **attributes)
        model = INPUTS[TOPIC_OF[kind]][kind]
        body = model.model_validate_json(json.dumps(data), strict=True)
        outcome = collections.apply(
            self.state, CUSTOMER, head, body, lambda: f"raw of {head.id}", self.policy, self.now
        )
        self._take(*outcome)
        return self

    def customer(self, **fields: Any) -> Story:
        return self.tell("customer.updated.v1", customer(**fields))

    def invoice(self, *args: Any, **fields: Any) -> Story:
        return self.tell("invoice.issued.v1", invoice(*args, **fields))

    def failed(self, *args: Any, **fields: Any) -> Story:
        return self.tell("direct-debit.failed.v1", failed(*args, **fields))

    def payment(self, *args: Any, **fields: Any) -> Story:
        return self.tell("payment.received.v1", payment(*args, **fields))

    def reversal(self, *args: Any, **fields: Any) -> Story:
        return self.tell("payment.reversed.v1", reversal(*args, **fields))

    def receipt(self, kind: str, *args: Any, **fields: Any) -> Story:
        return self.tell(kind, receipt(*args, **fields))

    def wait(self, **duration: float) -> Story:
        return self.until(self.now + dt.timedelta(**duration))

    def until(self, moment: dt.datetime) -> Story:
        """Let the clock run, visiting each instant at which something is due."""
        while due := self._next_due(moment):
            self.now = max(self.now, due)
            self._fire(due)
        self.now = max(self.now, moment)
        return self

    def decide_looks(self) -> Story:
        """Decide what waits for its last look."""
        while self.looks and self.state is not None:
            outcome = collections.look(self.state, self.looks.pop(0), LOOKED, self.policy, self.now)
            self._take(*outcome)
        return self

    def _next_due(self, moment: dt.datetime) -> dt.datetime | None:
        timers = list(self.state.timers.values()) if self.state else []
        timers += self.fee_state.timers.values() if self.fee_state else []
        return min((due for due in timers if due <= moment), default=None)

    def _fire(self, due: dt.datetime) -> None:
        assert self.state is not None
        for name in [name for name, at in self.state.timers.items() if at == due]:
            self._take(*collections.fire(self.state, name, due, self.policy, self.now))
            assert self.state.timers.get(name) != due, f"{name} would never fire again"
        if self.fee_state and due in self.fee_state.timers.values():
            self._evaluate_fees()
            assert due not in self.fee_state.timers.values()

    def _take(self, state: CustomerState, effects: list[Effect]) -> None:
        """As the shell does: the row goes through JSON, the effects are carried out."""
        stored = CustomerState.model_validate_json(state.model_dump_json(exclude_defaults=True))
        assert stored == state
        concerned = concerns(self.state, state)
        self.state = None if stored.is_empty else stored
        self.effects += effects
        self.looks += [one.ref for one in effects if isinstance(one, RequestLook)]
        if self.state is not None:
            self._evaluate_fees_after(concerned=concerned)
        if not self.holds_looks:
            self.decide_looks()

    def _evaluate_fees_after(self, *, concerned: bool) -> None:
        """The shell skips what doesn't concern the status: it must be as if it had not."""
        before, said = self.fee_state, len(self.effects)
        is_due = before is not None and min(before.timers.values(), default=self.now) <= self.now
        self._evaluate_fees()
        if not concerned and not (is_due and before is not None and before.timers):
            assert (self.fee_state, len(self.effects)) == (before, said)

    def _evaluate_fees(self) -> None:
        assert self.state is not None
        self.fee_state, effects = evaluate(self.fee_state, self.state, self.policy, self.now)
        self.effects += effects

    # What came out.

    def published(self, kind: str) -> list[Publish]:
        return [one for one in self.effects if isinstance(one, Publish) and one.ce_type == kind]

    def messages(self, kind: str = "") -> list[MessageRequested]:
        found = [one.data for one in self.published("message.requested.v1")]
        return [
            one for one in found if isinstance(one, MessageRequested) and kind in {"", one.kind}
        ]

    @property
    def reminders(self) -> list[MessageRequested]:
        return self.messages("reminder")

    @property
    def thanks(self) -> list[MessageRequested]:
        return self.messages("thank_you")

    @property
    def withdrawn(self) -> list[str]:
        found = [one.data for one in self.published("message.withdrawn.v1")]
        return [one.message_id for one in found if isinstance(one, MessageWithdrawn)]

    @property
    def refused(self) -> list[str]:
        return [one.reason for one in self.effects if isinstance(one, Refuse | RefuseWaiting)]

    @property
    def not_sent(self) -> list[str]:
        return [note.because for note in self.state.not_sent] if self.state else []

    @property
    def view(self) -> dict[str, Any]:
        assert self.state is not None
        return customer_view(self.state, self.now)

    def owing(self) -> Story:
        """A customer with one failed debit, reminded at once."""
        return self.customer().invoice().failed()
