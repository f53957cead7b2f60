"""When two reports are of one return: rules that hold for any ids, times and orders."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.bank.identity import Known, Occurrences, Taken, is_same, likeness_of, return_id_of
from connectors.bank.items import ReturnedDebit
from domain.money import PositiveMoney

NOON = dt.datetime(2026, 6, 2, 12, tzinfo=dt.UTC)
IDS = st.text("abc019-", min_size=1, max_size=8)
FILE = "f" * 64


def item(**facts: Any) -> ReturnedDebit:
    plain: dict[str, Any] = {
        "line": 1,
        "position": "message 1, entry 1, item 1",
        "message": "camt.054",
        "stage": "return",
        "end_to_end_id": "e-1",
        "mandate_id": "m-1",
        "amount": PositiveMoney(minor=100, currency="EUR"),
        "at": NOON,
    }
    return ReturnedDebit.model_validate(plain | facts)


def known(**facts: Any) -> Known:
    plain: dict[str, Any] = {
        "return_id": "r", "number": 1, "state": "booked", "mandate_id": "m-1", "at": NOON,
        "collected_on": None,
    }  # fmt: skip
    return Known(**plain | facts)


@given(IDS, st.text(max_size=20), st.integers(1, 10**6), IDS)
def test_an_end_to_end_id_is_all_that_two_reports_must_share(
    name: str, position: str, minor: int, mandate: str
) -> None:
    """Neither the place in the file nor the amount nor the day takes part."""
    other = item(
        end_to_end_id=name, position=position, mandate_id=mandate,
        amount=PositiveMoney(minor=minor, currency="EUR"), at=NOON + dt.timedelta(days=3),
    )  # fmt: skip
    assert likeness_of(item(end_to_end_id=name), FILE) == likeness_of(other, "another file")


@given(IDS, IDS)
def test_different_end_to_end_ids_are_different_returns(one: str, other: str) -> None:
    same = likeness_of(item(end_to_end_id=one), FILE) == likeness_of(
        item(end_to_end_id=other), FILE
    )
    assert same == (one == other)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_defect_04_places_never_make_an_identity(a: int, b: int, c: int, d: int) -> None:
    """Entry 1, item 11 and entry 11, item 1: two, also where nothing else tells them apart."""
    nameless = {"end_to_end_id": None, "mandate_id": None}
    first, second = (
        likeness_of(item(position=f"message 1, entry {x}, item {y}", **nameless), FILE)
        for x, y in ((a, b), (c, d))
    )
    assert (first == second) == ((a, b) == (c, d))


def test_without_an_end_to_end_id_debtor_amount_and_day_count() -> None:
    nameless = item(end_to_end_id=None)
    likeness = likeness_of(nameless, FILE)
    assert likeness == likeness_of(nameless.model_copy(update={"position": "x"}), "another")
    for change in (
        {"mandate_id": "m-2"},
        {"amount": PositiveMoney(minor=101, currency="EUR")},
        {"at": NOON + dt.timedelta(days=1)},
    ):
        assert likeness != likeness_of(nameless.model_copy(update=change), FILE)


@given(st.integers(-20, 20))
def test_days_apart(days: int) -> None:
    at = NOON + dt.timedelta(days=days)
    assert is_same(known(at=at), item(), NOON) == (abs(days) <= 10)


@given(st.integers(-20, 20))
def test_collection_days_count_before_message_days(days: int) -> None:
    day = dt.date(2026, 6, 1)
    other = known(collected_on=day + dt.timedelta(days=days), at=NOON + dt.timedelta(days=99))
    assert is_same(other, item(collected_on=day), NOON) == (abs(days) <= 4)


def test_a_mandate_that_contradicts_is_another_return() -> None:
    assert not is_same(known(mandate_id="m-2"), item(), NOON)
    assert is_same(known(mandate_id=None), item(), NOON)
    assert is_same(known(), item(mandate_id=None), NOON)


def test_one_message_that_names_a_collection_twice() -> None:
    """Once, unless the bank's references or the amounts differ; each message counts anew."""
    occurrences = Occurrences()
    half = PositiveMoney(minor=50, currency="EUR")
    told = [
        item(),
        item(),
        item(references=("r-1",)),
        item(amount=half),
        item(references=("r-2",)),
        item(references=("r-2",)),
        item(mandate_id="m-2"),
        item(position="message 2, entry 1, item 1"),
    ]
    assert [occurrences.of(one, "x") for one in told] == [0, 0, 0, 1, 0, 0, 0, 0]
    fresh = Occurrences()
    told = [item(references=("r-1",)), item(references=("r-2",)), item(references=("r-1",))]
    assert [fresh.of(one, "x") for one in told] == [0, 1, 0]


@given(IDS, st.integers(1, 50), st.integers(1, 50))
def test_ids_of_returns_follow_from_what_they_are(likeness: str, one: int, other: int) -> None:
    assert (return_id_of(likeness, one) == return_id_of(likeness, other)) == (one == other)


def _choose(taken: Taken, day: int, occurrence: int, kept: list[Known], message: int = 1) -> int:
    """Which number an item of a day gets among `kept`; 0 when it is none of them."""
    at = NOON + dt.timedelta(days=day)
    one = item(at=at, position=f"message {message}, entry 1, item 1")
    same = [row for row in kept if is_same(row, one, at)]
    found = taken.choose(one, "x", occurrence, same, at)
    taken.take(one, "x", occurrence, found.number if found else 99)
    return found.number if found else 0


def test_a_months_statement_names_two_alike_returns_weeks_apart() -> None:
    """Each has only itself near in time: the count says two, and neither is new."""
    kept = [known(number=1), known(number=2, at=NOON + dt.timedelta(days=18))]
    taken = Taken()
    assert [_choose(taken, 0, 0, kept), _choose(taken, 18, 1, kept)] == [1, 2]


def test_no_return_stands_for_two_items_of_a_message() -> None:
    """But for the same item once more, and for those of the next message; batches are no end."""
    kept = [known(number=1), known(number=2, at=NOON + dt.timedelta(days=9))]
    taken = Taken()
    assert [_choose(taken, 9, 0, kept), _choose(taken, 1, 1, kept)] == [2, 1]
    taken.settle()
    assert [_choose(taken, 0, 2, kept), _choose(taken, 9, 0, kept)] == [0, 2]
    assert _choose(taken, 0, 0, kept, message=2) == 1
