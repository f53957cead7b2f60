"""The matrix: every code of D7 has its outcome, and what a person may get wrong is found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.collections.codes import ReturnCodes
from domain.events.ledger import DirectDebitFailed
from tests.unit.collections.story import POLICY, failed

CODES = POLICY.return_codes
ACTIONS = {"retry", "contact", "new_mandate", "our_fault", "stop", "ignore"}


def action_of(codes: ReturnCodes, **fields: Any) -> str:
    return codes.rule(DirectDebitFailed.model_validate(failed(**fields))).action


@pytest.mark.parametrize(
    ("codes", "country", "expected"),
    [
        (["AM04"], "NL", "retry"),
        (["MS03"], "DE", "retry"),
        (["MS03"], "NL", "contact"),
        (["MS02", "MD06", "SL01"], "NL", "contact"),
        (["MD01", "AC01", "AC04", "AC06", "AG01", "RC01"], "NL", "new_mandate"),
        (["MD07"], "NL", "stop"),
        (["AG02", "FF01", "FF05", "BE05", "DT01", "AM05", "DUPL", "MD02"], "NL", "our_fault"),
        (["RR01", "RR02", "RR04", "AM06"], "NL", "our_fault"),
        (["0000"], "NL", "ignore"),
        (["ZZ99", "am04x"], "NL", "contact"),
    ],
)
def test_every_code_of_d7(codes: list[str], country: str, expected: str) -> None:
    for code in codes:
        assert action_of(CODES, code=code, debtor_country=country) == expected
        assert action_of(CODES, code=code.lower(), debtor_country=country) == expected


@given(
    code=st.text(min_size=1, max_size=200),
    country=st.sampled_from(["NL", "DE", "US"]),
    proprietary=st.booleans(),
)
def test_any_code_has_an_outcome(code: str, country: str, proprietary: bool) -> None:
    """Whatever a bank writes: one of the six actions, never an error."""
    reason = {"reason_proprietary": code} if proprietary else {}
    written = None if proprietary else code
    assert action_of(CODES, code=written, debtor_country=country, **reason) in ACTIONS


def test_every_row_says_what_it_means_and_where_that_was_read() -> None:
    for row in (*CODES.rows, CODES.unknown):
        assert row.meaning
        assert row.source


def changed(change: Any, at: int = 0) -> ReturnCodes:
    """The matrix with a row put on top, or fields of it changed."""
    document = CODES.model_dump(mode="json")
    if isinstance(change, dict) and "rows" in change:
        document |= change
    else:
        document["rows"].insert(at, change)
    return ReturnCodes.model_validate(document)


ROW = {"action": "contact", "valid_from": "2009-11-01", "source": "test"}


def test_the_starting_matrix_is_as_it_is_meant() -> None:
    assert CODES.findings() == []


def test_a_fault_of_ours_that_would_reach_customers_is_found() -> None:
    assert changed(ROW | {"codes": ["AG02"], "countries": ["BE"]}).findings() == [
        "AG02 is our own fault, but customers would be asked to pay"
    ]
    assert changed(ROW | {"codes": ["RR04"]}).findings() == [
        "RR0 is our own fault, but customers would be asked to pay"
    ]
    found = changed(ROW | {"codes": ["AG02", "MD07"]}).findings()
    assert "MD07 is a death, but customers would be asked to pay" in found


def test_a_code_that_was_left_out_falls_to_the_unknown() -> None:
    rows = [row for row in CODES.model_dump(mode="json")["rows"] if "MD07" not in row["codes"]]
    assert changed({"rows": rows}).findings() == [
        "MD07 is a death, but customers would be asked to pay"
    ]


def test_a_row_that_another_hides_is_found() -> None:
    hidden = ROW | {"codes": ["AM04", "XY01"], "countries": ["NL"]}
    assert changed(hidden, at=5).findings() == ["row 6 is never reached for AM04"]
    assert changed(hidden, at=0).findings() == []
    assert changed(ROW | {"codes": []}).findings() == ["row 1 names no code: it never decides"]


def test_what_unknown_codes_lead_to_is_found() -> None:
    for action, words in (("ignore", "reach nobody"), ("stop", "end all contact")):
        document = CODES.model_dump(mode="json")
        document["unknown"]["action"] = action
        assert any(words in one for one in ReturnCodes.model_validate(document).findings())


def test_a_matrix_without_an_answer_to_the_unknown_is_refused() -> None:
    document = CODES.model_dump(mode="json")
    del document["unknown"]
    with pytest.raises(ValidationError, match="unknown"):
        ReturnCodes.model_validate(document)


def test_a_matrix_without_rows_is_refused() -> None:
    """With a reason, when it is entered: it could not judge any code."""
    document = POLICY.return_codes.model_dump(mode="json") | {"rows": []}
    with pytest.raises(ValidationError, match="rows"):
        ReturnCodes.model_validate(document)
