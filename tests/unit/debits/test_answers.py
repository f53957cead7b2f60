"""A collection after the cut-off: what answers it, and what becomes of one that nothing answers."""

from __future__ import annotations

import datetime as dt

from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import cancelled, collection, owing, plan, requested, story

#: After the cut-off of a collection on the 25th of June.
AFTER = dt.datetime(2026, 6, 24, 14, tzinfo=dt.UTC)


def at_the_bank() -> tuple[Story, str]:
    """The second presentation is asked for and can't be taken back."""
    told = owing(story(numbers={"window_days": 90})).until(AFTER)
    [debit] = requested(told)
    return told, debit.collection_id


def test_a_link_payment_that_goes_back_leads_to_no_second_debit_meanwhile() -> None:
    """The bank makes the collection whatever else was paid: it is under way until its answer."""
    told, key = at_the_bank()
    told.payment("p1", received_at="2026-06-24T13:00:00Z")
    assert cancelled(told) == []
    told.wait(hours=4).reversal("p1", reversed_at="2026-06-24T18:00:00Z").wait(days=5)
    assert collection(told, key).state == "requested"
    assert len(requested(told)) == 1
    assert told.view["open"][0]["being_collected"]["collect_on"] == "2026-06-25"
    told.payment(key, method="direct_debit", received_at="2026-06-25T08:00:00Z")
    assert collection(told, key).state == "settled"


def test_paid_otherwise_it_is_over_when_the_bank_can_return_it_no_more() -> None:
    told, key = at_the_bank()
    told.payment("p1", received_at="2026-06-24T13:00:00Z")
    told.until(dt.datetime(2026, 7, 1, 21, tzinfo=dt.UTC))
    assert collection(told, key).state == "requested"
    told.wait(hours=2)
    assert collection(told, key).state == "settled"


def test_money_by_debit_under_a_name_of_the_erp_answers_it() -> None:
    told, key = at_the_bank()
    told.payment("bank-1", method="direct_debit", received_at="2026-06-25T08:00:00Z")
    assert collection(told, key).state == "settled"


def test_without_any_answer_reminders_go_on_and_nothing_is_collected_twice() -> None:
    """21 TARGET days after its day; it may have been made all the same."""
    told, key = at_the_bank()
    before = len(told.reminders)
    told.until(dt.datetime(2026, 7, 23, 12, tzinfo=dt.UTC))
    assert (collection(told, key).state, len(told.reminders)) == ("requested", before)
    told.wait(days=2)
    assert collection(told, key).state == "unanswered"
    assert "being_collected" not in told.view["open"][0]
    told.invoice("i2").failed("i2", failed_at="2026-07-25T08:00:00Z").wait(hours=1)
    assert told.reminders[-1].invoice_ids == ("i1", "i2")
    told.wait(days=40)
    assert len([one for one in requested(told) if one.invoice_id == "i1"]) == 1
    held = plan(told)
    assert held is not None
    assert held.because == "unanswered"


def test_an_answer_that_comes_late_still_counts() -> None:
    for kind, state in (("payment", "settled"), ("failed", "failed")):
        told, key = at_the_bank()
        told.wait(days=35)
        assert collection(told, key).state == "unanswered"
        if kind == "payment":
            paid = [{"invoice_id": "i1", "amount": eur(4999)}]
            told.payment(
                "b", method="direct_debit", received_at="2026-06-25T08:00:00Z", allocations=paid
            )
        else:
            told.failed(collection_id=key, attempt=2, failed_at="2026-06-29T08:00:00Z")
        assert collection(told, key).state == state
