"""Lists of bank files and of returns that nobody could match."""

from __future__ import annotations

from tables.listing import Listing
from tables.listings import HAS

BANK_FILES = Listing(
    name="bank_files",
    source="bank_files",
    columns={
        "file": "name",
        "file_id": "file_id",
        "bank_kind": "kind",
        "state": "state",
        "because": "because",
        "booked": "(counts ->> 'booked')::int",
        "already_known": "(counts ->> 'already_known')::int",
        "unmatched": "(counts ->> 'unmatched')::int",
        "rejected": "(counts ->> 'rejected')::int",
        "source": "source",
        "received_at": "received_at",
    },
    order="received_at DESC, file_id",
    filters={
        "search": f"name {HAS} OR file_id {HAS}",
        "state": "state = {}",
        "source": "source = {}",
    },
)

BANK_UNMATCHED = Listing(
    name="bank_unmatched",
    source="bank_returns",
    columns={
        "return_id": "return_id",
        "end_to_end_id": "end_to_end_id",
        "mandate_id": "mandate_id",
        "debtor": "debtor_name",
        "amount": (
            "CASE WHEN minor IS NOT NULL"
            " THEN jsonb_build_object('minor', minor, 'currency', currency) END"
        ),
        "reason": "coalesce(reason_code, reason_proprietary)",
        "why": "why",
        "state": "state",
        "at": "at",
    },
    order="(state = 'unmatched') DESC, recorded_at DESC, return_id",
    filters={
        "search": (
            f"coalesce(end_to_end_id, '') {HAS} OR coalesce(mandate_id, '') {HAS}"
            f" OR coalesce(debtor_name, '') {HAS}"
        ),
        "state": "state = {}",
        "why": "why = {}",
    },
)
