"""A customer with a life: made by the rules themselves, so that the view is a real one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.collections.policy import load_policy
from domain.collections.rules import apply
from domain.collections.state import CustomerState
from domain.events import INPUTS, Envelope

_AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


def _eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "customers",
        "customer.updated.v1",
        {
            "customer_id": "c-1",
            "name": {"given": "Anna", "family": "de Vries"},
            "birth_date": "1984-02-29",
            "language": "nl-NL",
            "country": "NL",
            "timezone": "Europe/Amsterdam",
            "contact": {"mobile": "+31612345678", "email": "anna@example.org"},
            "preferences": {
                "channels": ["sms", "email"],
                "quiet_hours": {"from": "21:00", "to": "08:30"},
            },
            "customer_since": "2019-04-01",
        },
    ),
    *(
        (
            "invoices",
            "invoice.issued.v1",
            {
                "invoice_id": invoice_id,
                "customer_id": "c-1",
                "amount": _eur(minor),
                "issued_on": issued,
                "due_on": due,
                "kind": kind,
                "payment_method": "direct_debit",
                "mandate_id": "m-9",
            },
        )
        for invoice_id, minor, issued, due, kind in (
            ("inv-2026-04", 4999, "2026-04-01", "2026-04-15", "subscription"),
            ("inv-2026-05", 4999, "2026-05-01", "2026-05-15", "subscription"),
            ("inv-device-7", 2750, "2026-05-01", "2026-05-15", "device_instalment"),
        )
    ),
    (
        "payments",
        "payment.received.v1",
        {
            "payment_id": "p-1",
            "customer_id": "c-1",
            "amount": _eur(4999),
            "received_at": "2026-04-15T08:00:00Z",
            "method": "direct_debit",
        },
    ),
    *(
        (
            "failed-direct-debits",
            "direct-debit.failed.v1",
            {
                "collection_id": f"e2e-{invoice_id}",
                "customer_id": "c-1",
                "invoice_id": invoice_id,
                "amount": _eur(minor),
                "reason_code": "AM04",
                "failed_at": "2026-05-18T06:00:00Z",
                "debtor_country": "NL",
                "attempt": 1,
            },
        )
        for invoice_id, minor in (("inv-2026-05", 4999), ("inv-device-7", 2750))
    ),
]


def customer_row() -> dict[str, Any]:
    """The row of `customer_history` after EVENTS, as JSON."""
    policy = load_policy("http://web.test/pay", "x" * 32)
    state: CustomerState | None = None
    for number, (topic, ce_type, data) in enumerate(EVENTS):
        envelope = Envelope(id=f"e-{number}", source="test", type=ce_type, time=_AT)
        event = INPUTS[topic][ce_type].model_validate(data)
        state, _ = apply(state, "c-1", envelope, event, str, policy, _AT)
    assert state is not None
    row: dict[str, Any] = state.model_dump(mode="json", by_alias=True)
    return row


_AGREED: list[tuple[str, dict[str, Any]]] = [
    (
        "plan.agreed.v1",
        {
            "plan_id": "plan-1",
            "currency": "EUR",
            "invoice_ids": ["inv-2026-05"],
            "instalments": [
                {"due_on": "2026-06-05", "amount": _eur(2500)},
                {"due_on": "2026-07-05", "amount": _eur(2499)},
            ],
        },
    ),
    ("promise.made.v1", {"promise_id": "pr-1", "amount": _eur(2750), "due_on": "2026-06-12"}),
    ("dispute.opened.v1", {"dispute_id": "d-1", "invoice_ids": ["inv-device-7"]}),
]


def agreed_row() -> dict[str, Any]:
    """The same customer with a plan, a promise and a dispute."""
    policy = load_policy("https://dunnock.test/pay", "secret-of-the-samples")
    state: CustomerState = CustomerState.model_validate(customer_row())
    for number, (ce_type, data) in enumerate(_AGREED):
        body = {"customer_id": "c-1", "at": _AT.isoformat(), "by": "customer", **data}
        envelope = Envelope(id=f"agreed-{number}", source="test", type=ce_type, time=_AT)
        event = INPUTS["interactions"][ce_type].model_validate(body)
        state, _ = apply(state, "c-1", envelope, event, str, policy, _AT)
    row: dict[str, Any] = state.model_dump(mode="json", by_alias=True)
    return row


DECISION: dict[str, Any] = {
    "decision_id": "d-1",
    "application_id": "a-1",
    "customer_id": "c-1",
    "outcome": "refer",
    "light": "amber",
    "score": 312,
    "reasons": [
        {
            "code": "score_middle",
            "text": {"en": "The score is in the middle.", "nl": "De score ligt in het midden."},
        }
    ],
    "policy": {"id": "acceptance", "version": 1},
    "checks": [
        {"provider": "bkr", "status": "hit", "score": 312, "latency_ms": 48},
        {"provider": "experian", "status": "timeout", "latency_ms": 5000},
        {"provider": "infoscore", "status": "no_hit", "latency_ms": 61},
    ],
    "degraded": True,
    "decided_at": "2026-06-01T08:58:12Z",
    "machine_outcome": "refer",
    "final_outcome": "refer",
}
CASE: dict[str, Any] = {
    "case_id": "case-1",
    "customer_id": "c-1",
    "state": "reminded",
    "previous": "opened",
    "because": "reminder_sent",
    "next_step": {"kind": "reminder", "at": "2026-06-08T07:00:00Z"},
    "at": "2026-06-01T09:00:00Z",
}
FEE: dict[str, Any] = {
    "customer_id": "c-1",
    "status": "late",
    "rule": {"id": "fees", "version": 1},
    "fees": [],
    "changed_at": "2026-05-18T06:00:00Z",
}
