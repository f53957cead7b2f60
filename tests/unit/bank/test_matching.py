"""Whose a return is: certain, or nobody's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bank.booking import next_attempt
from connectors.bank.items import ReturnedDebit
from connectors.bank.matching import Claim, Match, Unmatched, match
from domain.money import Money, PositiveMoney


def item(minor: int | None = 100, **facts: Any) -> ReturnedDebit:
    plain: dict[str, Any] = {
        "line": 1,
        "position": "message 1, item 1",
        "message": "pain.002",
        "stage": "rejection",
        "end_to_end_id": "e-1",
        "mandate_id": "m-1",
        "amount": None if minor is None else PositiveMoney(minor=minor, currency="EUR"),
    }
    return ReturnedDebit.model_validate(plain | facts)


def claim(minor: int = 100, name: str = "inv-1", **facts: Any) -> Claim:
    plain: dict[str, Any] = {"mandate_id": "m-1", "currency": "EUR", "customer_id": "c-1"}
    return Claim(invoice_id=name, minor=minor, **plain | facts)


def found(*args: Any) -> Match | str:
    try:
        return match(*args)
    except Unmatched as error:
        return error.why


CLAIMS = st.none() | st.builds(
    claim,
    st.integers(1, 5),
    st.sampled_from(["inv-1", "inv-2"]),
    mandate_id=st.sampled_from(["m-1", "m-2", None]),
    currency=st.sampled_from(["EUR", "CHF"]),
)


@given(
    st.builds(item, st.none() | st.integers(1, 5), mandate_id=st.sampled_from(["m-1", None])),
    CLAIMS,
    CLAIMS,
    st.lists(CLAIMS.filter(bool), max_size=3),
)
def test_nothing_that_contradicts_is_ever_matched(
    back: ReturnedDebit, collection: Claim | None, invoice: Claim | None, of_mandate: list[Claim]
) -> None:
    """Never more than the claim, never another currency or mandate, never one of several."""
    result = found(back, collection, invoice, of_mandate)
    if isinstance(result, str):
        return
    if collection or invoice:
        assert result.claim == (collection or invoice)
        assert result.amount.minor <= result.claim.minor
        assert result.amount.currency == result.claim.currency
        assert None in (back.mandate_id, result.claim.mandate_id) or (
            back.mandate_id == result.claim.mandate_id
        )
    else:
        assert len({one.invoice_id for one in of_mandate}) == 1


def test_a_charge_that_was_added_is_no_part_of_the_debt() -> None:
    back = item(450, charge=Money(minor=350, currency="EUR"))
    result = found(back, claim(100), None, [])
    assert isinstance(result, Match)
    assert result.amount.minor == 100
    assert found(item(451, charge=back.charge), claim(100), None, []) == "amount_differs"


@pytest.mark.parametrize(
    ("attempt", "booked", "expected"),
    [(None, None, 1), (None, 1, 2), (3, None, 3), (3, 1, 3), (3, 3, 4), (1, 5, 6)],
)
def test_attempts_are_ours_or_count_up(
    attempt: int | None, booked: int | None, expected: int
) -> None:
    """(collection, attempt) is used once for ever."""
    assert next_attempt(claim(attempt=attempt), booked) == expected
