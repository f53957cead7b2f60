"""Collections that were asked for or taken back, as rows; and whose end-to-end ids they are."""

from __future__ import annotations

import orjson

from connectors.postgres.projection import Upsert, Write
from domain.events.debits import DirectDebitCancelled, DirectDebitRequested
from streams.codec import unwrap
from streams.core.records import Record
from tables.projection_events import as_of


def direct_debit(record: Record) -> list[Write]:
    """`direct-debit.requested.v1` and `.cancelled.v1`; mandates are in the customer's row."""
    envelope, raw = unwrap(record)
    match envelope.type:
        case "direct-debit.requested.v1":
            return _requested(DirectDebitRequested.model_validate_json(raw), as_of(record))
        case "direct-debit.cancelled.v1":
            data = DirectDebitCancelled.model_validate_json(raw)
            row = {
                "collection_id": data.collection_id,
                "customer_id": data.customer_id,
                "invoice_id": data.invoice_id,
                "cancelled_at": data.at.isoformat(),
                "cancelled_because": data.because,
                "as_of": as_of(record),
            }
            return [Upsert("direct_debits", row)]
        case "mandate.changed.v1":
            return []
    orjson.loads(raw)  # unreadable ones are counted, others of a later version are not ours
    return []


def _requested(data: DirectDebitRequested, at: str) -> list[Write]:
    shared = {
        "customer_id": data.customer_id,
        "invoice_id": data.invoice_id,
        "attempt": data.attempt,
        "minor": data.amount.minor,
        "currency": data.amount.currency,
        "country": data.country,
        "mandate_id": data.mandate_id,
    }
    row = {
        "collection_id": data.collection_id,
        "scheme": data.scheme,
        "sequence_type": data.sequence_type,
        "signed_on": data.signed_on.isoformat() if data.signed_on else None,
        "debtor_name": data.debtor.name if data.debtor else None,
        "debtor_iban": data.debtor.iban if data.debtor else None,
        "collect_on": data.collect_on.isoformat(),
        "cancellable_until": data.cancellable_until.isoformat(),
        "requested_at": data.requested_at.isoformat(),
        "as_of": at,
    }
    index = {"end_to_end_id": data.collection_id, "collected_on": data.collect_on.isoformat()}
    return [Upsert("direct_debits", shared | row), Upsert("collections_index", shared | index)]
