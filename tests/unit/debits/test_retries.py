"""The retry plan: when a failed debit is collected again, and what stops it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.calendar import is_target_day
from tests.unit.collections.story import Story, eur
from tests.unit.debits.debtors import act, cancelled, collection, owing, plan, requested, story

PAYDAY = dt.date(2026, 6, 25)
#: 06:00 and 10:00 in Frankfurt on the banking day before.
SUBMITTED = dt.datetime(2026, 6, 24, 4, tzinfo=dt.UTC)
CUT_OFF = dt.datetime(2026, 6, 24, 8, tzinfo=dt.UTC)


def submitted(**fields: Any) -> Story:
    """A story on the evening before payday: the collection has been asked for."""
    told = owing(story(**fields)).until(CUT_OFF + dt.timedelta(hours=6))
    assert [one.collect_on for one in requested(told)] == [PAYDAY]
    return told


def test_the_starting_rules_collect_nothing() -> None:
    """The ERP presents again itself: two who collect would collect twice."""
    told = owing(Story()).wait(days=90)
    assert requested(told) == []
    assert plan(told) is None


def test_it_is_collected_on_payday_for_what_is_open_then() -> None:
    told = owing(story())
    told.payment("p1", 1000, received_at="2026-06-10T09:00:00Z")
    told.until(SUBMITTED - dt.timedelta(seconds=1))
    assert requested(told) == []
    [debit] = requested(told.until(SUBMITTED))
    assert (debit.collect_on, debit.amount.minor, debit.attempt) == (PAYDAY, 3999, 2)
    assert (debit.mandate_id, debit.sequence_type, debit.scheme) == ("M-1", "RCUR", "core")
    assert debit.debtor is not None
    assert (debit.debtor.name, debit.debtor.iban) == ("Eva Jansen", "NL91ABNA0417164300")
    assert debit.cancellable_until == CUT_OFF
    assert "payday" in debit.reasons
    assert len(debit.collection_id) <= 35
    assert debit.last_look


def test_the_customers_own_payday_outranks_the_usual_one() -> None:
    told = story()
    told.customer(payday=12)
    act(
        told,
        "mandate.signed.v1",
        mandate_id="M-1",
        signed_on="2025-01-10",
        iban="NL91ABNA0417164300",
    )
    told.invoice(mandate_id="M-1").failed()
    planned = plan(told)
    assert planned is not None
    assert planned.collect_on == dt.date(2026, 6, 12)


def test_nobody_is_reminded_while_it_is_collected() -> None:
    """Step two and three of the reminders fall due on the 8th and 15th; here the 25th is step 3."""
    told = owing(story(numbers={"submit_target_days": 10}))
    told.until(dt.datetime(2026, 6, 14, tzinfo=dt.UTC))
    assert [one.step for one in told.reminders] == [1, 2]
    assert len(requested(told)) == 1
    told.until(dt.datetime(2026, 6, 26, 9, tzinfo=dt.UTC))
    assert [one.step for one in told.reminders] == [1, 2]
    assert told.not_sent[-1] == "being_collected"
    assert told.view["open"][0]["being_collected"]["collect_on"] == "2026-06-25"


def test_a_failed_retry_goes_on_where_it_was_held() -> None:
    told = owing(story(numbers={"submit_target_days": 10}))
    told.until(dt.datetime(2026, 6, 26, 9, tzinfo=dt.UTC))
    [debit] = requested(told)
    told.failed(collection_id=debit.collection_id, attempt=2, failed_at="2026-06-26T08:00:00Z")
    assert collection(told, debit.collection_id).state == "failed"
    assert [one.step for one in told.reminders] == [1, 2, 3]


def test_a_payment_before_the_last_look_leaves_nothing_to_collect() -> None:
    """The payment is on the log when the look is decided: no debit is asked for."""
    told = owing(story())
    told.holds_looks = True
    told.until(SUBMITTED)
    assert told.looks
    told.payment(received_at="2026-06-24T03:00:00Z").decide_looks()
    assert requested(told) == []
    assert plan(told) is None


@pytest.mark.parametrize("provisional", [False, True])
def test_a_payment_takes_back_what_was_asked_for(provisional: bool) -> None:
    told = owing(story()).until(SUBMITTED + dt.timedelta(hours=1))
    told.payment(received_at="2026-06-24T05:00:00Z", provisional=provisional)
    [debit] = requested(told)
    because = "provisional_payment" if provisional else "paid"
    assert [(one.collection_id, one.because) for one in cancelled(told)] == [
        (debit.collection_id, because)
    ]
    assert collection(told, debit.collection_id).state == "cancelled"


def test_after_the_cut_off_nothing_is_taken_back() -> None:
    """It may be at the bank already: to say otherwise would be a lie."""
    told = submitted().payment(received_at="2026-06-24T14:00:00Z")
    assert cancelled(told) == []
    assert collection(told, requested(told)[0].collection_id).state == "requested"


def test_who_goes_to_pay_by_link_is_left_to_it_for_a_while() -> None:
    """The retry asked for is taken back; when no money came of it, another day is planned."""
    told = owing(story()).until(SUBMITTED + dt.timedelta(hours=1))
    act(told, "link-payment.started.v1", payment_id="pl_1", amount=eur(4999))
    assert [one.because for one in cancelled(told)] == ["link_payment"]
    told.until(CUT_OFF + dt.timedelta(days=30))
    [first, second] = requested(told)
    assert second.attempt == first.attempt + 1
    assert second.collection_id != first.collection_id


def test_a_plan_waits_for_who_is_paying_and_goes_when_they_did() -> None:
    told = owing(story())
    act(told, "link-payment.started.v1", payment_id="pl_1", amount=eur(4999))
    planned = plan(told)
    assert planned is not None
    assert planned.because == "link_payment"
    told.payment("pl_1", received_at=told.now.isoformat()).wait(days=60)
    assert requested(told) == []


def test_the_ladder_ends_after_its_retries_and_its_window() -> None:
    """Two retries at most, all within 42 days of the first failure."""
    told = owing(story(numbers={"min_gap_days": 5}))
    for _ in range(4):
        told.until(told.now + dt.timedelta(days=14))
        last = requested(told)[-1:]
        if last and last[0].collection_id not in {f.split("|")[0] for f in _failures(told)}:
            told.failed(
                collection_id=last[0].collection_id,
                attempt=last[0].attempt,
                failed_at=f"{last[0].collect_on}T16:00:00Z",
            )
    days = [one.collect_on for one in requested(told)]
    assert len(days) == 2
    assert all(day <= dt.date(2026, 6, 1) + dt.timedelta(days=42) for day in days)
    assert days[1] - days[0] >= dt.timedelta(days=5)
    ended = plan(told)
    assert ended is not None
    assert ended.because == "retries_exhausted"


def _failures(told: Story) -> list[str]:
    return list(told.state.failures) if told.state else []


@pytest.mark.parametrize(
    ("code", "because"),
    [
        ("MS02", "no_retry_after_code"),
        ("MD06", "no_retry_after_code"),
        ("AG02", "our_fault"),
        ("FF01", "our_fault"),
        ("AM06", "our_fault"),
        ("MD07", "return_code:MD07"),
        ("MD01", "no_mandate"),
        ("AC04", "no_mandate"),
        ("0000", "not_failed"),
    ],
)
def test_codes_after_which_nothing_is_collected(code: str, because: str) -> None:
    told = owing(story(), code=code).wait(days=60)
    assert requested(told) == []
    held = plan(told)
    assert held is not None
    assert held.because == because


def test_an_unknown_code_is_retried_once_after_a_link_had_its_time() -> None:
    told = owing(story(), code="XX99").wait(days=40)
    [debit] = requested(told)
    assert debit.collect_on >= dt.date(2026, 6, 15)


@pytest.mark.parametrize(
    "event",
    [
        ("hold.placed.v1", {"hold_id": "h1"}),
        ("promise.made.v1", {"promise_id": "p", "amount": eur(4999), "due_on": "2026-06-29"}),
        ("dispute.opened.v1", {"dispute_id": "d1"}),
        ("mandate.revoked.v1", {"mandate_id": "M-1"}),
    ],
)
def test_what_is_agreed_stops_the_collection(event: tuple[str, dict[str, Any]]) -> None:
    told = owing(story())
    act(told, event[0], **event[1])
    assert requested(told.until(CUT_OFF)) == []


def test_flags_and_other_currencies_are_not_debited() -> None:
    told = owing(story()).customer(flags=["dispute"])
    assert requested(told.until(CUT_OFF)) == []
    told = story().customer().invoice(amount=eur(4999, "GBP"), mandate_id="M-1")
    told.failed(amount=eur(4999, "GBP")).wait(days=60)
    assert requested(told) == []


def test_switched_off_again_it_takes_back_what_it_can() -> None:
    told = owing(story()).until(SUBMITTED + dt.timedelta(minutes=1))
    told.policy = Story().policy
    told.receipt("message.opened.v1")
    assert [one.because for one in cancelled(told)] == ["retries_off"]


def test_a_worker_that_was_away_past_the_cut_off_takes_a_later_day() -> None:
    """A timer that fires too late must not ask for a day that no file can reach any more."""
    told = owing(story())
    told.now = CUT_OFF + dt.timedelta(hours=1)
    told.until(told.now)
    assert requested(told) == []
    planned = plan(told)
    assert planned is not None
    assert planned.collect_on is not None
    assert planned.collect_on > PAYDAY
    assert is_target_day(planned.collect_on)
