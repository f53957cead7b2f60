"""Dutch collection costs to the cent (D10), and what instalments cost in a row (D12)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy.ruleset import starting
from domain.receivables.policy import ChargeRules
from domain.receivables.statutes import Statute
from domain.receivables.tariff import Earlier, cost_of, flat_cost, months_before, on_scale

RULES = starting("domain.receivables", ChargeRules)
TODAY = dt.date(2026, 6, 1)


def _wik(on: dt.date = TODAY) -> Statute:
    found = RULES.statute("nl-wik", on)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("principal", "cost"),
    [
        (10_000, 4_000),
        (26_667, 4_000),
        (30_000, 4_500),
        (250_000, 37_500),
        (500_000, 62_500),
        (1_000_000, 87_500),
        (2_300_000, 100_500),
        (20_000_000, 277_500),
        (100_000_000, 677_500),
        (200_000_000, 677_500),
    ],
)
def test_the_vectors_of_d10(principal: int, cost: int) -> None:
    """Every vector of the fact sheet, in both rows of the statute."""
    assert on_scale(_wik(), principal) == cost
    assert on_scale(_wik(dt.date(2013, 1, 1)), principal) == cost


def test_fractions_of_a_cent_are_the_customers() -> None:
    """15 % of 266.73 is 40.0095: 40.00 is charged; VAT is cut likewise."""
    assert on_scale(_wik(), 26_673) == 4_000
    assert on_scale(_wik(), 26_674) == 4_001
    with_vat = cost_of(_wik(), {"i": 26_674}, vat_on_top=True)
    assert (with_vat.total, with_vat.vat) == (4_001 + 840, 840)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_scale_only_rises_and_stays_within_its_bounds(one: int, other: int) -> None:
    """More principal never costs less; 40 at least, 6,775 at most; no fraction is rounded up."""
    low, high = sorted((one, other))
    assert 4_000 <= on_scale(_wik(), low) <= on_scale(_wik(), high) <= 677_500
    if 26_667 <= low <= 250_000:
        assert on_scale(_wik(), low) <= Decimal(low) * 15 / 100


def test_several_claims_are_one_principal() -> None:
    """BW 6:96(7): what one letter names is added up, so the minimum counts once."""
    assert cost_of(_wik(), {"a": 10_000, "b": 15_000}).total == 4_000
    assert cost_of(_wik(), {"a": 100_000, "b": 300_000}).total == 52_500


@pytest.mark.parametrize(
    ("earlier", "cost"),
    [
        (Earlier(), 4_000),
        (Earlier(5_000, 4_000), 0),  # with the one before it is still below 266.67
        (Earlier(25_000, 4_000), 500),  # 300 together cost 45, and 40 is charged
        (Earlier(25_000, 0), 4_000),  # nothing charged before: never more than it alone
        (Earlier(150_000, 13_900), 100),  # 140 in six months is the most
        (Earlier(150_000, 14_000), 0),
    ],
)
def test_instalments_do_not_stack(earlier: Earlier, cost: int) -> None:
    """An instalment of 50: what the look-back leaves of the 40, by the least of the readings."""
    found = cost_of(_wik(), {"i": 5_000}, frozenset({"i"}), earlier)
    assert found.total == cost


def test_before_october_2024_each_instalment_cost_its_forty() -> None:
    """The law of the day holds."""
    before = _wik(dt.date(2024, 9, 30))
    assert cost_of(before, {"i": 5_000}, frozenset({"i"}), Earlier(5_000, 4_000)).total == 4_000


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 26_666), min_size=1),
    st.integers(0, 10**6),
    st.integers(0, 14_000),
)
def test_a_look_back_never_makes_it_dearer(items: dict[str, int], base: int, charged: int) -> None:
    """Whatever came before, the letter costs no more than without the look-back."""
    stacked = cost_of(_wik(), items, frozenset(items), Earlier(base, charged)).total
    assert 0 <= stacked <= cost_of(_wik(), items).total
    assert stacked + charged <= max(14_000, charged)


def test_flat_fees_keep_within_their_statute() -> None:
    """The British limit: 6.00, and a quarter of the instalment."""
    statute = RULES.statute("uk-bnpl-late-fee", dt.date(2026, 8, 1))
    assert statute is not None
    assert flat_cost(statute, 600, 10_000).total == 600
    assert flat_cost(statute, 600, 1_999).total == 499


def test_months_are_those_of_the_calendar() -> None:
    """Six months before the end of August is the end of February."""
    assert months_before(dt.date(2026, 8, 31), 6) == dt.date(2026, 2, 28)
    assert months_before(dt.date(2026, 3, 1), 6) == dt.date(2025, 9, 1)
