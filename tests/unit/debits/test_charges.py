"""What banks charge for returns: recorded; what is passed on, the rule set `charges` says (F61)."""

from __future__ import annotations

import pytest

from domain.debits.charges import bank_charges
from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import owing, story


@pytest.mark.parametrize("code", ["AM04", "MS02", "AG02", "MD07"])
def test_what_the_bank_charged_is_known_whatever_the_code(code: str) -> None:
    """Whose fault it was decides who bears it, not whether it is known."""
    told = Story()
    owing(told, code=code, bank_charge=eur(350))
    assert told.state is not None
    [charge] = bank_charges(told.state)
    assert (charge.key, charge.amount.minor) == ("e2e-i1|1", 350)
    assert "fees" not in told.view


def test_retries_have_no_say_in_who_bears_it() -> None:
    """One place decides, `return_charges`: a second setting would be without effect."""
    with pytest.raises(ValueError, match="passes_on_charge_of"):
        story(passes_on_charge_of=["retry"])
