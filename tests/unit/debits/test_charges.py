"""What banks charge for returns: recorded, and passed on only where the rules say so (F61)."""

from __future__ import annotations

import pytest

from domain.debits.charges import bank_charges
from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import owing, story


def charged(told: Story, code: str) -> list[tuple[str, int, bool]]:
    owing(told, code=code, bank_charge=eur(350))
    assert told.state is not None
    return [
        (one.key, one.amount.minor, one.is_passed_on)
        for one in bank_charges(told.state, told.policy)
    ]


@pytest.mark.parametrize(
    ("code", "passed_on"), [("AM04", True), ("MS02", False), ("AG02", False), ("MD07", False)]
)
def test_a_charge_is_passed_on_after_the_codes_that_the_rules_name(
    code: str, passed_on: bool
) -> None:
    told = story(passes_on_charge_of=["retry", "new_mandate"])
    assert charged(told, code) == [("e2e-i1|1", 350, passed_on)]


def test_at_the_start_none_is_passed_on() -> None:
    assert charged(Story(), "AM04") == [("e2e-i1|1", 350, False)]


def test_faults_of_ours_cannot_be_named() -> None:
    with pytest.raises(ValueError, match="passes_on_charge_of"):
        story(passes_on_charge_of=["our_fault"])
