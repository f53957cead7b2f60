"""The rule set `charges`: what the law does not allow is refused, what is doubtful is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain import rulesets
from domain.receivables.agreement import beside, disagreements
from domain.receivables.policy import ChargeRules
from tests.unit.collections.story import POLICY
from tests.unit.receivables.fee_story import COSTS_FIRST, WIK, charging


def _body(**changes: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = json.loads(POLICY.charges.model_dump_json())
    return dumped | changes


def _parse(**changes: Any) -> ChargeRules:
    found = rulesets.parse("charges", json.dumps(_body(**changes)))
    assert isinstance(found, ChargeRules)
    return found


def _statutes(statute_id: str = "nl-wik", **changes: Any) -> list[dict[str, Any]]:
    return [row | changes if row["id"] == statute_id else row for row in _body()["statutes"]]


def _letter(**post: Any) -> dict[str, Any]:
    letter: dict[str, Any] = _body()["statutes"][0]["letter"]
    return letter | {"post": letter["post"] | post}


def test_the_starting_rules_are_sound_and_charge_nothing() -> None:
    """They read back as they are written, and have nothing to tell."""
    assert _parse() == POLICY.charges
    assert POLICY.charges.is_silent
    assert POLICY.charges.findings() == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"charges": [{"id": "x", "statute": "nowhere"}]}, "no statute 'nowhere'"),
        ({"charges": [{"id": "x", "statute": "de-mahnkosten"}]}, "`flat` is missing"),
        ({"charges": [{"id": "x", "statute": "nl-wik", "flat": "5"}]}, "flat"),
        (
            {
                "charges": [
                    {
                        "id": "x",
                        "statute": "de-mahnkosten",
                        "flat": {"minor": 4000, "currency": "EUR"},
                    }
                ]
            },
            "4000 is more than 250",
        ),
        (
            {
                "charges": [
                    {
                        "id": "x",
                        "statute": "uk-bnpl-late-fee",
                        "flat": {"minor": 100, "currency": "EUR"},
                    }
                ]
            },
            "the statute is in GBP",
        ),
        ({"charges": [{"id": "x", "statute": "nl-wik"}] * 2}, "x stands there twice"),
        ({"statutes": _statutes(letter=None)}, "without a letter"),
        # A fee at once, and another one when the letter has lapsed.
        ({"statutes": _statutes("de-mahnkosten", letter=_letter())}, "a flat statute has none"),
        # Nobody's post ever arrives; a day that no calendar has ends the worker.
        ({"statutes": _statutes(letter=_letter(closed_weekdays=[*range(7)]))}, "at most 6"),
        ({"statutes": _statutes(letter=_letter(easter_days=[*range(400)]))}, "at most 40"),
        ({"statutes": _statutes(valid_from="9999-12-31")}, "the year must lie"),
        ({"statutes": _statutes(source="")}, "source"),
        ({"statutes": _statutes(brackets=[{"percent": 15, "up_to_minor": 1}])}, "the last one"),
        ({"statutes": _statutes(max_minor=10)}, "max_minor is below min_minor"),
        ({"allocation": [{"valid_from": "2020-01-01", "source": "x", "order": []}]}, "order"),
        ({"chargse": []}, "chargse"),
    ],
)
def test_what_can_not_be_meant_is_refused(changes: dict[str, Any], complaint: str) -> None:
    """Each with words for people that name the place."""
    with pytest.raises(ValueError, match=complaint):
        _parse(**changes)


def test_no_letter_may_be_shorter_than_a_fortnight() -> None:
    """The law's fourteen days are the least that any row can say."""
    rows = _statutes()
    rows[0]["letter"] = rows[0]["letter"] | {"days": 13}
    with pytest.raises(ValueError, match="14"):
        _parse(statutes=rows)


def test_doubts_are_told() -> None:
    """Unverified law in use, no order of allocation, a waiver that never comes."""
    told = " | ".join(charging(WIK).charges.findings())
    assert "not verified" in told
    assert "no order of allocation" in told
    waiving = charging(WIK, allocation=(COSTS_FIRST,), when_principal_is_paid="waive").charges
    assert any("money pays fees first" in one for one in waiving.findings())


def test_the_two_rule_sets_must_speak_of_the_same_charges() -> None:
    """A name on one side only charges nobody: people are told."""
    assert disagreements(POLICY.fees, POLICY.charges) == []
    both = charging(WIK)
    assert disagreements(both.fees, both.charges) == []
    assert "calls for 'wik'" in disagreements(both.fees, POLICY.charges)[0]
    assert disagreements(POLICY.fees, both.charges) == ["charge 'wik' is called for by no row"]


def test_a_draft_is_compared_with_what_is_in_force_beside_it() -> None:
    """Whichever of the two is the draft; other rule sets have nothing to agree on."""
    both = charging(WIK)
    in_force = {"fee-status": POLICY.fees, "charges": POLICY.charges}
    assert "calls for 'wik'" in beside(both.fees, in_force)[0]
    assert beside(both.charges, in_force) == ["charge 'wik' is called for by no row"]
    assert beside(both.charges, {"fee-status": both.fees}) == []
    assert beside(POLICY.contact, in_force) == []
