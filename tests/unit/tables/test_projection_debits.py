"""Collections and mandates as rows: what lists may show, and what they must not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson

from connectors.postgres.projection import Upsert
from streams.codec import headers_of
from streams.core.records import Record
from streams.topics import TopicNames
from tables.projection import Rules

RULES = Rules("dunnock", TopicNames(""))
AT = dt.datetime(2026, 6, 24, 8, tzinfo=dt.UTC)


def record(topic: str, ce_type: str, data: dict[str, Any]) -> Record:
    return Record(
        topic, 0, 0, b"c1", orjson.dumps(data), headers=headers_of(ce_type, "e-1", AT, "erp")
    )


def test_lists_of_interactions_show_no_account() -> None:
    """An IBAN is needed for the file alone; whoever reads a list sees what else was signed."""
    said = record(
        "interactions",
        "mandate.signed.v1",
        {
            "customer_id": "c1",
            "at": AT.isoformat(),
            "by": "erp",
            "mandate_id": "M-1",
            "signed_on": "2026-06-01",
            "iban": "NL91ABNA0417164300",
        },
    )
    [write] = RULES.project([said]).writes
    assert write.values["detail"]["mandate_id"] == "M-1"
    assert b"NL91ABNA0417164300" not in orjson.dumps(dict(write.values))


def test_a_cancellation_is_a_row_also_before_its_request() -> None:
    taken_back = record(
        "direct-debits",
        "direct-debit.cancelled.v1",
        {
            "collection_id": "DD-1",
            "customer_id": "c1",
            "invoice_id": "i1",
            "because": "paid",
            "at": AT.isoformat(),
        },
    )
    [write] = RULES.project([taken_back]).writes
    assert isinstance(write, Upsert)
    assert (write.table, write.values["cancelled_because"]) == ("direct_debits", "paid")


def test_what_cannot_be_read_is_named() -> None:
    bad = record("direct-debits", "direct-debit.requested.v1", {"collection_id": "DD-1"})
    assert RULES.project([bad]).unreadable == [bad]
