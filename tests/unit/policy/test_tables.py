"""Decision tables: total, terminating, explainable, with a third value."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.acceptance import AcceptancePolicy
from domain.acceptance.facts import KINDS
from domain.policy import CATALOGUE, Column, Condition, Row, Table, compile_table

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-5, 5),
    "bool": st.booleans(),
    "text": st.sampled_from(["a", "b", "c"]),
    "date": st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 5)),
}
COLUMNS = tuple(Column(name=f"{kind}_input", kind=kind) for kind in ("int", "bool", "text", "date"))
INPUTS = st.fixed_dictionaries({column.name: st.none() | VALUES[column.kind] for column in COLUMNS})


@st.composite
def conditions(draw: st.DrawFn, kind: str) -> Condition:
    ordered = ["lt", "le", "gt", "ge", "between"] if kind in {"int", "date"} else []
    listed = [] if kind == "bool" else ["in", "not_in"]
    op = draw(st.sampled_from(["eq", "ne", "missing", "present", *ordered, *listed]))
    if op in {"missing", "present"}:
        return Condition(op=op)
    literal = VALUES[kind].map(lambda value: value.isoformat() if kind == "date" else value)
    if op == "between":
        return Condition(op="between", value=tuple(sorted([draw(literal), draw(literal)])))
    if op in {"in", "not_in"}:
        several = draw(st.lists(literal, min_size=1, max_size=3))
        return Condition(op=op, value=tuple(several))
    return Condition(op=op, value=draw(literal))


@st.composite
def tables(draw: st.DrawFn) -> Table[str]:
    rows = []
    for number in range(draw(st.integers(0, 6))):
        chosen = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))
        when = {column.name: draw(conditions(column.kind)) for column in chosen}
        rows.append(Row[str](id=f"row_{number}", when=when, then=f"outcome_{number}"))
    rows.append(Row[str](id="default", then="default"))
    return Table[str](columns=COLUMNS, rows=tuple(rows))


@settings(deadline=None, max_examples=50)
@given(tables(), INPUTS)
def test_every_input_has_one_answer_and_its_explanation_ends_in_it(
    table: Table[str], inputs: dict[str, Any]
) -> None:
    compiled = compile_table(table)
    verdict = compiled.decide(inputs)
    tried = compiled.explain(inputs)
    assert tried[-1][0] == verdict.row_id
    assert all(cell.held for cell in tried[-1][1])
    assert len(tried) <= len(table.rows)
    for _, cells in tried[:-1]:
        assert not all(cell.held for cell in cells)


@settings(deadline=None, max_examples=50)
@given(tables())
def test_on_missing_inputs_only_rows_that_ask_for_missing_hold(table: Table[str]) -> None:
    verdict = compile_table(table).decide({})
    row = next(row for row in table.rows if row.id == verdict.row_id)
    asked = [one for one in row.when.values() if isinstance(one, Condition)]
    assert all(condition.op == "missing" for condition in asked)


@settings(deadline=None, max_examples=50)
@given(tables(), INPUTS)
def test_a_table_survives_its_json(table: Table[str], inputs: dict[str, Any]) -> None:
    again = Table[str].model_validate_json(table.model_dump_json())
    assert compile_table(again).decide(inputs) == compile_table(table).decide(inputs)


def rows(*given_rows: dict[str, Any]) -> dict[str, Any]:
    columns = [{"name": "n", "kind": "int"}, {"name": "t", "kind": "text"}]
    return {"columns": columns, "rows": list(given_rows), "thresholds": {"low": 3}}


DEFAULT = {"id": "default", "then": "d"}


@pytest.mark.parametrize(
    "cell",
    [
        {"op": "lt", "value": "3"},
        {"op": "lt", "value": True},
        {"op": "between", "value": [1]},
        {"op": "between", "value": 1},
        {"op": "lt"},
        {"op": "lt", "value": 1, "threshold": "low"},
        {"op": "lt", "threshold": "unknown"},
        {"op": "missing", "value": 1},
        {"op": "matches", "value": 1},
        {"op": "in", "value": []},
    ],
)
def test_a_cell_that_does_not_fit_is_refused(cell: dict[str, Any]) -> None:
    document = rows({"id": "r", "when": {"n": cell}, "then": "x"}, DEFAULT)
    with pytest.raises(ValueError, match=r".+"):
        compile_table(Table[str].model_validate(document))


@pytest.mark.parametrize(
    "document",
    [
        rows(),
        rows({"id": "r", "when": {"n": {"op": "lt", "value": 1}}, "then": "x"}),
        rows(DEFAULT, {"id": "dead", "then": "x"}),
        rows({"id": "default", "when": {"n": {"op": "missing"}}, "then": "x"}, DEFAULT),
    ],
)
def test_a_table_that_is_not_total_or_has_dead_rows_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Table[str].model_validate(document)


def test_an_unknown_column_is_refused() -> None:
    document = rows({"id": "r", "when": {"z": {"op": "missing"}}, "then": "x"}, DEFAULT)
    with pytest.raises(ValueError, match="unknown column"):
        compile_table(Table[str].model_validate(document))


def test_a_value_of_the_wrong_kind_is_a_defect_of_the_caller() -> None:
    compiled = compile_table(Table[str].model_validate(rows(DEFAULT)))
    with pytest.raises(TypeError):
        compiled.decide({"n": "3"})


def test_a_threshold_is_changed_in_one_place() -> None:
    row = {"id": "low", "when": {"n": {"op": "lt", "threshold": "low"}}, "then": "x"}
    document = rows(row, DEFAULT)
    assert compile_table(Table[str].model_validate(document)).decide({"n": 2}).row_id == "low"
    document["thresholds"]["low"] = 2
    assert compile_table(Table[str].model_validate(document)).decide({"n": 2}).row_id == "default"


def test_the_starting_policy_loads_and_names_only_known_facts() -> None:
    policy = AcceptancePolicy.starting()
    assert policy.ref.version == 1
    assert {column.name for column in policy.document.table.columns} <= KINDS.keys()


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_reason_has_a_text_in_three_languages(code: str) -> None:
    texts = CATALOGUE[code]
    assert set(texts) == {"en", "nl", "de"}
    assert len({text.count("{contact}") for text in texts.values()}) == 1
