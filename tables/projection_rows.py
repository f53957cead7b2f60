"""Rows of the stateful tables, from their changelogs, as rows of lists. A null value deletes."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.postgres.projection import Remove, Upsert, Write
from domain.collections.state import CustomerState
from domain.collections.view import open_money
from streams.codec import key_text
from streams.core.records import Record
from tables.projection_events import as_of


def customer(record: Record) -> list[Write]:
    """A row of `customer_history`: the list's columns, and what was not sent."""
    customer_id = key_text(record)
    if record.value is None:
        return [Remove("customers", {"customer_id": customer_id})]
    state = CustomerState.model_validate_json(record.value)
    at = as_of(record)
    facts = state.profile.facts if state.profile else None
    row = {
        "customer_id": customer_id,
        "name": f"{facts.name.given} {facts.name.family}".strip() if facts else None,
        "language": facts.language if facts else None,
        "country": facts.country if facts else None,
        "balances": open_money(state),
        "case_state": _case_state(state),
        "overdue_state": state.overdue.state,
        "proposes": state.overdue.proposes,
        **_next_step(state),
        "row": orjson.Fragment(record.value),
        "as_of": at,
    }
    return [
        Upsert("customers", row),
        *_queued(state, row),
        *_invoices(state),
        *_not_sent(state, at),
    ]


def _queued(state: CustomerState, row: dict[str, Any]) -> list[Write]:
    """What the queue of cases is ordered by; the rest of the case's row is its own events'."""
    if state.case.case_id is None:
        return []
    ordered = {
        "case_id": state.case.case_id,
        "customer_id": state.customer_id,
        "held_because": row["held_because"],
        "proposes": row["proposes"],
        "step_at": row["next_step_at"],
    }
    return [Upsert("cases", ordered)]


def _invoices(state: CustomerState) -> list[Write]:
    """Whose an invoice is: bank files name the debit that came back, not the customer."""
    return [
        Upsert(
            "invoice_index",
            {
                "invoice_id": invoice_id,
                "customer_id": state.customer_id,
                "mandate_id": invoice.facts.mandate_id,
                "minor": invoice.facts.amount.minor,
                "currency": invoice.facts.amount.currency,
                "payment_method": invoice.facts.payment_method,
                "due_on": invoice.facts.due_on.isoformat(),
            },
        )
        for invoice_id, invoice in state.invoices.items()
    ]


def _case_state(state: CustomerState) -> str | None:
    """Of the newest chase, if there is one."""
    chases = sorted(state.chases.values(), key=lambda chase: chase.opened_at)
    return chases[-1].case_state if chases else None


def _next_step(state: CustomerState) -> dict[str, str | None]:
    slots = [slot for chase in state.chases.values() for slot in (chase.step, chase.again) if slot]
    first = min(slots, key=lambda slot: slot.due, default=None)
    return {
        "next_step": "reminder" if first else None,
        "next_step_at": first.due.isoformat() if first else None,
        "held_because": first.because if first and first.status == "held" else None,
    }


def _not_sent(state: CustomerState, at: str) -> list[Write]:
    return [
        Upsert(
            "not_sent",
            {
                "customer_id": state.customer_id,
                "at": note.at.isoformat(),
                "kind": note.kind,
                "because": note.because,
                "currency": note.currency or "",
                "step": note.step or 0,
                "deferred_to": note.deferred_to.isoformat() if note.deferred_to else None,
                "channel": note.channel,
                "rule": note.rule,
                "rule_version": note.version,
                "as_of": at,
            },
        )
        for note in state.not_sent
    ]


def fee_status(record: Record) -> list[Write]:
    """A row of `fee_status`; the list of customers shows it too."""
    customer_id = key_text(record)
    if record.value is None:
        return [
            Remove("fee_status", {"customer_id": customer_id}),
            Upsert("customers", {"customer_id": customer_id, "fee_status": None}),
        ]
    row = orjson.loads(record.value)
    rule = row.get("rule") or {}
    status = {
        "customer_id": customer_id,
        "status": row["status"],
        "rule_id": rule.get("id"),
        "rule_version": rule.get("version"),
        "fees": row.get("fees", []),
        "changed_at": row.get("changed_at"),
        "as_of": as_of(record),
    }
    return [
        Upsert("fee_status", status),
        Upsert("customers", {"customer_id": customer_id, "fee_status": row["status"]}),
    ]


def application(record: Record) -> list[Write]:
    """A row of `applications`, and where the live row is.

    Nothing while there is only what waits for a submission: it may stand in another partition,
    under another key, and must not hide the application. Only such rows are ever deleted.
    """
    application_id = key_text(record)
    if record.value is None:
        return []
    row = orjson.loads(record.value)
    if row.get("status") == "waiting":
        return []
    decision: dict[str, Any] = (row.get("decisions") or [{}])[-1].get("decision", {})
    shown = {
        "application_id": application_id,
        "customer_id": row.get("customer_id"),
        "status": row.get("status"),
        "product_kind": row.get("document", {}).get("product", {}).get("kind"),
        "outcome": decision.get("final_outcome"),
        "light": decision.get("light"),
        "submitted_at": row.get("submitted_at"),
        "row": row,
        "as_of": as_of(record),
    }
    index = {"kind": "applications", "id": application_id, "key": row["key"]}
    return [Upsert("applications", shown), Upsert("row_index", index)]


def case(record: Record) -> list[Write]:
    """A row of `cases`, which is its last `case.changed.v1`, and where the live row is."""
    case_id = key_text(record)
    if record.value is None:
        return [Remove("cases", {"case_id": case_id})]
    row = orjson.loads(record.value)
    step = row.get("next_step") or {}
    shown = {
        "case_id": case_id,
        "customer_id": row["customer_id"],
        "state": row.get("state"),
        "previous": row.get("previous"),
        "because": row.get("because"),
        "next_step": step.get("kind"),
        "next_at": step.get("at"),
        "changed_at": row.get("at"),
        "as_of": as_of(record),
    }
    index = {"kind": "cases", "id": case_id, "key": row["customer_id"]}
    return [Upsert("cases", shown), Upsert("row_index", index)]
