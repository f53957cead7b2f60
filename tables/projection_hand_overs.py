"""Debts that were written off or handed over, as rows: what is shown of them, and the rate."""

from __future__ import annotations

import orjson

from connectors.postgres.projection import Upsert, Write
from domain.events.hand_overs import DebtGivenUp, GivenUpChanged
from streams.codec import unwrap
from streams.core.records import Record
from tables.projection_events import as_of

_BEGINS = {"hand-over.filed.v1": "handed_over", "write-off.booked.v1": "written_off"}
_ENDS = frozenset({"hand-over.recalled.v1", "write-off.reversed.v1"})
_CHANGES = frozenset({"hand-over.changed.v1", "write-off.changed.v1"})


def given_up(record: Record) -> list[Write]:
    """One row for each invoice given up; `ended_at` when it is paid, credited or taken back."""
    envelope, raw = unwrap(record)
    if envelope.type in _BEGINS:
        return _begun(DebtGivenUp.model_validate_json(raw), _BEGINS[envelope.type], as_of(record))
    if envelope.type in _ENDS | _CHANGES:
        told = GivenUpChanged.model_validate_json(raw)
        is_over = envelope.type in _ENDS
        return [
            Upsert(
                "given_up",
                {
                    "customer_id": told.customer_id,
                    "invoice_id": item.invoice_id,
                    "open_minor": item.open.minor,
                    "ended_at": told.at.isoformat() if is_over else None,
                    "ended_because": told.because if is_over else None,
                    "as_of": as_of(record),
                },
            )
            for item in told.items
        ]
    orjson.loads(raw)  # unreadable ones are counted, others of a later version are not ours
    return []


def _begun(told: DebtGivenUp, kind: str, at: str) -> list[Write]:
    return [
        Upsert(
            "given_up",
            {
                "customer_id": told.customer_id,
                "invoice_id": item.invoice_id,
                "kind": kind,
                "collector": told.collector,
                "minor": item.open.minor,
                "open_minor": item.open.minor,
                "currency": item.open.currency,
                "given_up_at": told.at.isoformat(),
                "by_person": told.by,
                "approved_by": told.approved_by,
                "reason": told.reason,
                "ended_at": None,
                "ended_because": None,
                "as_of": at,
            },
        )
        for item in told.items
    ]
