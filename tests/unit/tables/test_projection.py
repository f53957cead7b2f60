"""What records become, without a database."""

from __future__ import annotations

import orjson

from connectors.postgres.projection import Remove, Upsert, _statements
from streams.core.records import Record
from streams.topics import TopicNames
from tables.projection import Rules

RULES = Rules("dunnock", TopicNames("p."))
CASES = "dunnock-cases-changelog"


def _case(offset: int, state: str | None, key: bytes = b"k-1") -> Record:
    row = {"case_id": key.decode(), "customer_id": "c-1", "state": state}
    value = None if state is None else orjson.dumps(row)
    return Record(CASES, 0, offset, key, value)


def test_only_the_last_version_of_a_row_counts() -> None:
    projected = RULES.project([_case(0, "opened"), _case(1, "paused"), _case(2, "closed")])
    assert [w.values["state"] for w in projected.writes if w.table == "cases"] == ["closed"]


def test_events_all_count() -> None:
    records = [Record("p.dead-letters", 0, offset, b"k", b"x") for offset in range(3)]
    assert len(RULES.project(records).writes) == 3


def test_a_deleted_row_goes() -> None:
    assert RULES.project([_case(0, "opened"), _case(1, None)]).writes == [
        Remove("cases", {"case_id": "k-1"})
    ]


def test_what_waits_for_a_submission_hides_no_application() -> None:
    """An amendment under another key waits in another partition, and is given up there."""
    topic = "dunnock-applications-changelog"
    rows = [
        {"application_id": "a-1", "key": "c-1", "status": "decided", "customer_id": "c-1"},
        {"application_id": "a-1", "key": "c-2", "status": "waiting"},
        None,
    ]
    projected = RULES.project(
        Record(topic, number, 0, b"a-1", None if row is None else orjson.dumps(row))
        for number, row in enumerate(rows)
    )
    assert [(write.table, type(write)) for write in projected.writes] == [
        ("applications", Upsert),
        ("row_index", Upsert),
    ]
    assert projected.writes[1].values["key"] == "c-1"


def test_what_can_not_be_read_is_named_and_stops_nothing() -> None:
    bad = [Record(CASES, 0, 0, b"k-0", b"{"), Record(CASES, 0, 1, b"\xff", b"{}")]
    projected = RULES.project([*bad, _case(2, "opened")])
    assert projected.unreadable == bad
    assert len(projected.writes) == 2


def test_one_statement_for_each_set_of_columns() -> None:
    statements = dict(
        _statements(
            [
                Upsert("customers", {"customer_id": "c-1", "name": "A"}),
                Upsert("customers", {"customer_id": "c-1", "fee_status": "x"}),
                Upsert("customers", {"customer_id": "c-2", "name": "B"}),
                Upsert("customers", {"customer_id": "c-3", "name": "C"}),
                Remove("customers", {"customer_id": "c-3"}),
            ]
        )
    )
    rows = [orjson.loads(rows) for rows in statements.values()]
    assert [{"customer_id": "c-3"}] in rows
    assert [{"customer_id": "c-1", "name": "A", "fee_status": "x"}] in rows
    assert [{"customer_id": "c-2", "name": "B"}] in rows
    assert len(rows) == 3


def test_a_row_made_again_has_nothing_of_the_old_one() -> None:
    statements = list(
        _statements(
            [
                Remove("customers", {"customer_id": "c-1"}),
                Upsert("customers", {"customer_id": "c-1", "name": "A"}),
            ]
        )
    )
    assert [sql.split()[0] for sql, _ in statements] == ["DELETE", "INSERT"]


def test_the_character_nul_is_replaced() -> None:
    ((_, rows),) = _statements([Upsert("customers", {"customer_id": "c\0", "name": "\\u0000"})])
    assert orjson.loads(rows) == [{"customer_id": "c\ufffd", "name": "\\u0000"}]
