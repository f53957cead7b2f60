"""Debits that were paid and came back: why they did decides what may follow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import collection, mandate_states, owing, plan, requested, story

PAID = {
    "method": "direct_debit",
    "received_at": "2026-06-10T08:00:00Z",
    "allocations": [{"invoice_id": "i1", "amount": eur(4999)}],
}
CASE = "case.changed.v1"


def reminded_then_paid() -> Story:
    """AM04, one reminder, and the ERP's second presentation pays."""
    told = (
        Story().owing().until(dt.datetime(2026, 6, 10, 9, tzinfo=dt.UTC)).payment("e2e-2", **PAID)
    )
    assert told.state is not None
    assert not told.state.chases
    return told


def test_money_that_went_back_by_our_fault_is_not_chased() -> None:
    """Not before the next attempt fails: what failed before was answered by that money."""
    told = reminded_then_paid()
    before = len(told.reminders)
    second = {"collection_id": "e2e-2", "attempt": 2, "failed_at": "2026-06-12T08:00:00Z"}
    told.failed(code="AM05", **second).wait(days=20)
    assert told.view["balance"] == [eur(4999)]
    assert len(told.reminders) == before
    told.failed(collection_id="e2e-3", attempt=3, failed_at="2026-07-02T08:00:00Z")
    assert len(told.reminders) == before + 1


@pytest.mark.parametrize("code", ["AM04", "MD06"])
def test_money_that_went_back_otherwise_is_chased_as_before(code: str) -> None:
    told = reminded_then_paid()
    before = len(told.reminders)
    told.failed(code=code, collection_id="e2e-2", attempt=2, failed_at="2026-06-12T08:00:00Z").wait(
        hours=1
    )
    assert len(told.reminders) == before + 1


def test_a_named_reversal_by_our_fault_is_not_chased_either() -> None:
    told = reminded_then_paid()
    before = len(told.reminders)
    told.reversal("e2e-2", reason_code="AM05", reversed_at="2026-06-12T08:00:00Z").wait(days=20)
    assert told.view["balance"] == [eur(4999)]
    assert len(told.reminders) == before


def test_a_partial_payment_back_by_our_fault_leaves_the_rest_chased() -> None:
    """What is chased stays chased while it is open."""
    told = Story().owing()
    told.payment("e2e-2", 1000, method="direct_debit", received_at="2026-06-03T08:00:00Z")
    told.failed(code="AM05", collection_id="e2e-2", attempt=2, failed_at="2026-06-04T08:00:00Z")
    told.wait(days=8)
    assert [one.step for one in told.reminders] == [1, 2]


def test_a_named_reversal_because_of_a_death_stops_all_contact() -> None:
    """And opens the bereavement case, whose only end is a person's."""
    told = reminded_then_paid()
    before = len(told.messages())
    told.reversal("e2e-2", reason_code="MD07", reversed_at="2026-06-12T08:00:00Z").wait(days=30)
    assert len(told.messages()) == before
    assert told.state is not None
    assert told.state.bereavement_case is not None


def test_money_by_link_has_no_return_code() -> None:
    """A code in the reversal of other money says nothing about a debtor's death."""
    told = Story().owing().payment("p1", received_at="2026-06-02T08:00:00Z")
    told.reversal("p1", reason_code="MD07").wait(days=1)
    assert told.state is not None
    assert told.state.bereavement_case is None
    assert len(told.reminders) == 2


def settled_retry(**fields: Any) -> Story:
    """Our own second presentation on the 25th of June, paid."""
    told = owing(story(**fields)).until(dt.datetime(2026, 6, 25, 9, tzinfo=dt.UTC))
    [debit] = requested(told)
    told.payment(debit.collection_id, **(PAID | {"received_at": "2026-06-25T08:00:00Z"}))
    assert collection(told, debit.collection_id).state == "settled"
    return told


@pytest.mark.parametrize(
    ("code", "because"),
    [
        ("MD06", "no_retry_after_code"),
        ("MD07", "return_code:MD07"),
        ("MD01", "no_mandate"),
        ("AC04", "no_mandate"),
    ],
)
def test_a_named_reversal_decides_about_the_next_retry(code: str, because: str) -> None:
    told = settled_retry()
    [debit] = requested(told)
    told.wait(days=1)
    told.reversal(debit.collection_id, reason_code=code, reversed_at="2026-06-26T08:00:00Z").wait(
        days=60
    )
    assert len(requested(told)) == 1
    held = plan(told)
    assert held is not None
    assert held.because == because
    assert ("revoked" in mandate_states(told)) == (code == "MD01")


def test_after_insufficient_funds_it_counts_as_a_presentation() -> None:
    """One retry at most: the one that was paid and went back is that one."""
    told = settled_retry(numbers={"retries_max": 1})
    [debit] = requested(told)
    told.reversal(debit.collection_id, reason_code="AM04", reversed_at="2026-06-26T08:00:00Z")
    told.wait(days=60)
    assert len(requested(told)) == 1
    held = plan(told)
    assert held is not None
    assert held.because == "retries_exhausted"


def test_money_that_went_back_by_our_fault_makes_nobody_late() -> None:
    told = reminded_then_paid()
    second = {"collection_id": "e2e-2", "attempt": 2, "failed_at": "2026-06-12T08:00:00Z"}
    told.failed(code="AM05", **second).wait(days=40)
    assert told.fee_state is not None
    assert told.fee_state.status == "regular"


def test_the_order_of_money_and_its_return_by_our_fault_makes_no_difference() -> None:
    """Reversal first: the money never lowered what is open, and still answered what had failed."""
    for order in ("money first", "return first"):
        told = Story().owing().until(dt.datetime(2026, 6, 12, 9, tzinfo=dt.UTC))
        back = {"reason_code": "AG02", "reversed_at": "2026-06-12T08:00:00Z"}
        if order == "money first":
            told.payment("e2e-2", **PAID).reversal("e2e-2", **back)
        else:
            told.reversal("e2e-2", **back).payment("e2e-2", **PAID)
        told.wait(days=30)
        assert [one.step for one in told.reminders] == [1, 2], order
        assert told.state is not None
        assert not told.state.chases


def test_a_part_back_by_our_fault_leaves_the_customer_late() -> None:
    """A euro of fifty answers nothing: chased, late and in arrears all along."""
    told = Story().owing().wait(days=1)
    euro = PAID | {"allocations": [{"invoice_id": "i1", "amount": eur(100)}]}
    told.payment("e2e-2", 100, **euro)
    second = {"collection_id": "e2e-2", "attempt": 2, "failed_at": "2026-06-12T08:00:00Z"}
    told.until(dt.datetime(2026, 6, 12, 9, tzinfo=dt.UTC)).failed(code="AM05", **second)
    assert told.view["balance"] == [eur(4999)]
    assert told.fee_state is not None
    assert told.fee_state.status != "regular"
    assert told.state is not None
    assert told.state.overdue.state != "clear"
