"""Pre-notification: sent in time, of no less than is collected; and looks that come too late."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import cancelled, owing, plan, requested, signed, story

CUT_OFF = dt.datetime(2026, 6, 24, 8, tzinfo=dt.UTC)
ANNOUNCED = {"prenotification_days": 14}


def notices(told: Story) -> list[str]:
    return [one.body for one in told.messages("notice")]


def test_it_is_announced_two_weeks_ahead_with_day_amount_and_mandate() -> None:
    told = owing(story(numbers=ANNOUNCED))
    [words] = notices(told)
    assert all(part in words for part in ("25 juni 2026", "€ 49,99", "M-1"))
    [debit] = requested(told.until(CUT_OFF))
    assert debit.collect_on == dt.date(2026, 6, 25)


def test_who_cannot_be_told_is_not_debited() -> None:
    """No address is left: the notice is held, the day passes, the next one too."""
    told = story(numbers=ANNOUNCED)
    signed(told.customer(contact={})).invoice(mandate_id="M-1").failed().wait(days=70)
    assert requested(told) == []
    ended = plan(told)
    assert ended is not None
    assert ended.because == "window_passed"


def test_more_than_was_announced_is_not_collected() -> None:
    """A part paid goes back after the announcement of the rest: the whole is announced anew."""
    told = signed(story(numbers=ANNOUNCED).customer()).invoice(mandate_id="M-1")
    told.payment("p1", 3000, received_at="2026-05-30T09:00:00Z").failed(amount=eur(1999))
    assert "€ 19,99" in notices(told)[0]
    told.wait(days=3).reversal("p1", 3000)
    assert "€ 49,99" in notices(told)[-1]
    [debit] = requested(told.wait(days=40))
    assert debit.amount.minor == 4999


def test_less_than_was_announced_is_collected_without_another_word() -> None:
    told = owing(story(numbers=ANNOUNCED)).wait(days=3)
    told.payment("p1", 1000, received_at=told.now.isoformat())
    [debit] = requested(told.until(CUT_OFF))
    assert debit.amount.minor == 3999
    assert len(notices(told)) == 1


def test_another_day_is_announced_anew_and_in_time() -> None:
    """Her promise falls due on payday itself: the debit waits, and is told of again."""
    told = owing(story(numbers=ANNOUNCED | {"window_days": 60, "min_gap_days": 1}))
    told.until(dt.datetime(2026, 6, 22, 9, tzinfo=dt.UTC))
    hold = {"hold_id": "h1", "customer_id": "c1", "at": told.now.isoformat(), "by": "anna"}
    told.tell("hold.placed.v1", hold).wait(days=4)
    told.tell("hold.lifted.v1", hold | {"at": told.now.isoformat()})
    assert len(notices(told)) == 2
    [debit] = requested(told.wait(days=40))
    assert debit.collect_on >= dt.date(2026, 7, 10)


@pytest.mark.parametrize(("late", "count"), [(-1, 1), (0, 0), (3600, 0)])
def test_a_look_that_is_decided_past_the_cut_off_asks_for_nothing(late: int, count: int) -> None:
    """The worker was away between look and decision: no file could carry it any more."""
    told = owing(story())
    told.holds_looks = True
    told.until(CUT_OFF - dt.timedelta(hours=1))
    told.looks = [ref for ref in told.looks if ref.startswith("debit|")]
    assert len(told.looks) == 1
    told.now = CUT_OFF + dt.timedelta(seconds=late)
    told.decide_looks()
    asked = [one for one in requested(told) if one.collect_on == dt.date(2026, 6, 25)]
    assert len(asked) == count


def test_what_changes_the_mandate_takes_a_request_back() -> None:
    told = owing(story()).until(CUT_OFF - dt.timedelta(hours=1))
    revoked = {"mandate_id": "M-1", "customer_id": "c1", "at": told.now.isoformat(), "by": "anna"}
    told.tell("mandate.revoked.v1", revoked)
    assert [one.because for one in cancelled(told)] == ["mandate_revoked"]
