"""The data that tells returns by the bank's codes is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.bank.signs import BankCode, signs, verdict_of
from dunnock.importing_words import in_words


def test_every_row_has_a_source_and_speaks_of_something() -> None:
    for sign in signs():
        assert len(sign.source) > 20
        assert sign.proprietary or sign.family or sign.families


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (BankCode(proprietary="NDDT+108+00931", issuer="DK"), "return"),
        (BankCode(proprietary="NDDT+105+00931", issuer="DK"), None),
        (BankCode(proprietary="NTRF+109+00931", issuer="DK"), None),
        (BankCode(proprietary="NDDT+109", issuer="SomeBank"), None),
        (BankCode("PMNT", "IDDT", "ESDD"), None),
        (BankCode("PMNT", "RDDT", "ESDD"), None),
        (BankCode(), None),
    ],
)
def test_only_exact_codes_count(code: BankCode, verdict: str | None) -> None:
    assert verdict_of(code) == verdict


def test_words_of_a_report() -> None:
    """Every row that somebody must look at, with its line and why."""
    counts = {"booked": 2, "already_known": 1, "unmatched": 1, "rejected": 1, "ignored": 3}
    rejected = [{"line": 7, "position": "message 1, entry 2", "code": "x", "why": "No amount."}]
    waiting = {"line": 9, "position": "message 1, entry 3", "end_to_end_id": "e-9",
               "mandate_id": None, "why": "several_invoices"}  # fmt: skip
    file = {
        "name": Path("a.xml"), "file_id": "f" * 64, "kind": "camt.054.001.08", "state": "booked",
        "counts": counts, "unmatched": [waiting],
        "report": {"ignored": {"success": 3}, "rejected": rejected},
    }  # fmt: skip
    text = in_words(file, again=False)
    assert "booked                 2" in text
    assert "(3 succeeded)" in text
    assert "line 7 (message 1, entry 2): No amount." in text
    assert "line 9 (message 1, entry 3): e-9: several invoices" in text
    again = in_words(file, again=True)
    assert "booked                 0" in again
    assert "already known          4" in again
