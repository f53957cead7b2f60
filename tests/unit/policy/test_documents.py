"""Documents of rule sets as people write them: read, written, compared, checked."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drafts import Unreadable, body_of, check, document_of, read
from domain.policy.difference import changes
from domain.policy.toml_text import written
from domain.rulesets import RULE_SETS, parse, starting_of
from tests.unit.collections.story import POLICY

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_SCALARS = st.booleans() | st.integers(-(10**12), 10**12) | _TEXT
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)
_DOCUMENTS = st.dictionaries(_TEXT, _VALUES, max_size=4)


@given(_DOCUMENTS)
def test_a_document_is_the_same_after_toml(document: dict[str, Any]) -> None:
    assert tomllib.loads(written(document)) == document


@given(_DOCUMENTS, _DOCUMENTS)
def test_only_equal_documents_show_no_change(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert changes(one, one) == []
    empties = (_is_hollow(one), _is_hollow(other))
    if not any(empties):
        assert (changes(one, other) == []) == same


def _is_hollow(value: Any) -> bool:
    """An object without members has no cell that could change."""
    if isinstance(value, dict):
        return not value or any(map(_is_hollow, value.values()))
    return isinstance(value, list) and any(map(_is_hollow, value))


def test_a_row_in_the_middle_moves_no_other() -> None:
    rows = [{"code": code, "action": "retry"} for code in ("A", "B", "C")]
    more = [rows[0], {"code": "X", "action": "stop"}, *rows[1:]]
    found = [(one.place, one.before, one.after) for one in changes({"rows": rows}, {"rows": more})]
    assert found == [("rows[2].code", None, "X"), ("rows[2].action", None, "stop")]
    less = changes({"rows": more}, {"rows": rows})
    assert [(one.place, one.before) for one in less] == [
        ("rows[2].code", "X"),
        ("rows[2].action", "stop"),
    ]


@pytest.mark.parametrize("rule_set", list(RULE_SETS))
def test_every_rule_set_survives_its_editor(rule_set: str) -> None:
    """As shipped, through TOML and back, through the log: the same rules."""
    rules = starting_of(POLICY, rule_set)
    body = read(written(body_of(rules)))
    found = check(rule_set, body)
    assert found.faults == ()
    assert found.findings == tuple(rules.findings())
    assert parse(rule_set, document_of(rule_set, rules.version, rules.note, body)) == rules


@given(st.text(max_size=60) | _DOCUMENTS.map(json.dumps) | _DOCUMENTS.map(written))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        found = read(text)
    except Unreadable as refused:
        found = {"refused": refused.fault.message}
        assert found["refused"]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a = "ok"\nb = = 2', "line 2, column 5"),
        ('{"a": 1,\n"b" 2}', "line 2, column 5"),
        ('{"rows": [{"x": "\\u0000"}]}', "rows[1].x"),
        ('{"rows": [{"x": "\\ud800"}]}', "rows[1].x"),
        ('{"x": NaN}', "x"),
        ('{"x": ' + "[" * 100 + "]" * 100 + "}", "x[1][1]"),
        ('{"x": ' + "1" * 5000 + "}", ""),
        ("a = 1\n" * 60_000, ""),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.fault.place == place


def test_an_exact_rate_stays_exact() -> None:
    assert read("rate = 0.1") == {"rate": "0.1"} == read('{"rate": 0.1}')


def test_faults_name_the_row_as_people_count() -> None:
    body = body_of(starting_of(POLICY, "return-codes"))
    body["rows"][3]["retries_max"] = "many"
    del body["rows"][0]["source"]
    assert {fault.place for fault in check("return-codes", body).faults} == {
        "rows[1].source",
        "rows[4].retries_max",
    }
