"""When reminders go out, what they name, what holds them (contract, section 4)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.unit.collections.story import LOOKED, START, Story, customer

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = dt.datetime(2026, 6, 1, 20, 40, tzinfo=dt.UTC)  # 22:40 in Amsterdam


def test_failed_debit_reminds_at_once() -> None:
    story = Story().owing()
    [reminder] = story.reminders
    assert reminder.channel == "sms"
    assert reminder.to == "+31612345678"
    assert (reminder.step, reminder.tone, reminder.language) == (1, "friendly", "nl")
    assert reminder.invoice_ids == ("i1",)
    assert reminder.amount_due is not None
    assert reminder.amount_due.minor == 4999
    assert reminder.caused_by == "e3"
    assert reminder.last_look == LOOKED
    assert reminder.payment_link is not None
    assert reminder.payment_link in reminder.body
    assert reminder.not_after.astimezone(AMSTERDAM).hour == 21
    assert story.view["next_step"]["at"] == "2026-06-08T09:00:00Z"


def test_every_step_asks_for_a_look_and_three_go_out() -> None:
    story = Story().owing().wait(days=40)
    assert [one.step for one in story.reminders] == [1, 2, 3]
    assert [one.tone for one in story.reminders] == ["friendly", "firm", "final"]
    assert [one.requested_at - START for one in story.reminders] == [
        dt.timedelta(days=days) for days in (0, 7, 14)
    ]
    assert {one.caused_by for one in story.reminders} == {"e3"}
    assert "next_step" not in story.view


def test_steps_keep_the_local_time_over_a_clock_change() -> None:
    story = Story(dt.datetime(2026, 10, 20, 8, 30, tzinfo=dt.UTC)).owing().wait(days=20)
    local = [one.requested_at.astimezone(AMSTERDAM) for one in story.reminders]
    assert [(one.day, one.hour, one.minute) for one in local] == [
        (20, 10, 30), (27, 10, 30), (3, 10, 30),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["AG02", "FF01", "FF05", "BE05", "DT01", "AM05", "RR04", "0000"])
def test_our_own_fault_never_touches_the_customer(code: str) -> None:
    story = Story().customer().invoice().failed(code=code).wait(days=30)
    assert story.messages() == []
    assert story.fee_state is not None
    assert story.fee_state.status == "regular"


def test_next_attempt_after_our_fault_is_chased() -> None:
    story = Story().customer().invoice().failed(code="AG02").wait(days=3)
    story.failed(code="AM04", attempt=2)
    assert len(story.reminders) == 1


def test_md07_stops_all_contact() -> None:
    story = Story().owing().failed(code="MD07", attempt=2).wait(days=30).payment()
    assert len(story.messages()) == 1
    assert "return_code:MD07" in story.not_sent
    assert story.withdrawn == [story.reminders[0].message_id]


@pytest.mark.parametrize(("country", "action"), [("DE", "retry"), ("NL", "contact")])
def test_ms03_depends_on_the_country(country: str, action: str) -> None:
    story = Story().customer().invoice().failed(code="MS03", debtor_country=country)
    assert len(story.reminders) == 1
    assert story.state is not None
    [failure] = story.state.failures.values()
    assert story.policy.return_codes.rule(failure.facts).action == action


def test_a_reason_of_the_banks_own_is_unknown() -> None:
    story = Story().customer().invoice().failed(code=None, reason_proprietary="AG02")
    assert len(story.reminders) == 1


def test_at_night_it_waits_for_the_opening_and_is_looked_at_again() -> None:
    story = Story(NIGHT).owing()
    assert story.reminders == []
    assert story.not_sent == ["window_closed"]
    story.wait(hours=14)
    [reminder] = story.reminders
    local = reminder.requested_at.astimezone(AMSTERDAM)
    assert (local.day, local.hour) == (2, 8)
    assert local.minute < 10
    assert Story(NIGHT).owing().payment().wait(hours=14).reminders == []


def test_paid_at_night_is_recorded_as_not_sent() -> None:
    story = Story(NIGHT).owing().payment()
    assert story.not_sent == ["window_closed", "paid"]


def test_quiet_hours_over_midnight_and_within_the_day() -> None:
    preferences = {"quiet_hours": {"from": "10:30", "to": "12:00"}}
    story = Story().customer(preferences=preferences).invoice().failed()
    assert story.reminders == []
    story.wait(hours=2)
    local = story.reminders[0].requested_at.astimezone(AMSTERDAM)
    assert (local.hour, local.minute // 10) == (12, 0)
    assert story.reminders[0].not_after.astimezone(AMSTERDAM).hour == 21


def test_quiet_hours_around_the_clock_hold_until_they_change() -> None:
    preferences = {"quiet_hours": {"from": "07:00", "to": "22:00"}}
    story = Story().customer(preferences=preferences).invoice().failed().wait(days=3)
    assert story.reminders == []
    assert story.not_sent == ["window_closed"]
    story.customer()
    assert len(story.reminders) == 1


def test_payment_between_due_and_look_stops_the_reminder() -> None:
    story = Story()
    story.holds_looks = True
    story.owing().payment().decide_looks()
    assert story.reminders == []
    assert story.not_sent == ["paid"]


def test_link_invoice_is_chased_when_the_day_after_due_begins() -> None:
    story = Story().customer().invoice(payment_method="link", due_on="2026-06-02")
    story.until(dt.datetime(2026, 6, 2, 21, 59, tzinfo=dt.UTC))
    assert story.messages() == []
    assert story.view["open"][0]["state"] == "open"
    story.wait(hours=9)
    [reminder] = story.reminders
    assert reminder.requested_at.astimezone(AMSTERDAM).hour == 8
    assert reminder.caused_by == "e2"


def test_direct_debit_is_not_chased_for_being_overdue() -> None:
    story = Story().customer().invoice(due_on="2026-05-01").wait(days=60)
    assert story.messages() == []


def test_currencies_are_chased_apart() -> None:
    story = Story().owing()
    story.invoice("i2", amount={"minor": 700, "currency": "GBP"}).failed("i2")
    assert [one.amount_due.currency for one in story.reminders if one.amount_due] == ["EUR", "GBP"]


def test_late_timer_fires_at_once_when_the_window_is_open() -> None:
    story = Story().owing()
    assert story.state is not None
    due = story.state.timers["step|EUR"]
    story.now = due + dt.timedelta(hours=3)
    story.until(story.now)
    assert story.reminders[1].requested_at == story.now


def test_partial_payment_goes_on_with_the_rest() -> None:
    story = Story().owing().payment(minor=4000).wait(days=8)
    assert [one.amount_due.minor for one in story.reminders if one.amount_due] == [4999, 999]


def test_payment_ends_the_steps_and_withdraws_what_may_not_have_left() -> None:
    story = Story().owing()
    story.payment().wait(days=30)
    assert len(story.reminders) == 1
    assert story.withdrawn == [story.reminders[0].message_id]
    delivered = Story().owing()
    delivered.receipt("message.delivered.v1", delivered.reminders[0].message_id).payment()
    assert delivered.withdrawn == []


def test_reversal_reopens_and_starts_again() -> None:
    story = Story().owing().payment().wait(days=2).reversal()
    assert [one.step for one in story.reminders] == [1, 1]
    assert story.reminders[0].message_id != story.reminders[1].message_id
    assert story.reminders[1].caused_by == "e5"
    assert story.view["balance"] == [{"minor": 4999, "currency": "EUR"}]


@pytest.mark.parametrize("flag", ["dispute", "vulnerable", "deceased", "insolvency"])
def test_any_flag_holds_and_its_end_lets_go(flag: str) -> None:
    story = Story().customer(flags=[flag]).invoice().failed().wait(days=20)
    assert story.reminders == []
    assert story.not_sent == [f"flag:{flag}"]
    assert story.view["next_step"]["because"] == f"flag:{flag}"
    story.customer()
    assert [one.step for one in story.reminders] == [1]


def test_a_flag_for_a_while_holds_the_second_step_only() -> None:
    story = Story().owing().wait(days=1).customer(flags=["dispute"]).wait(days=10).customer()
    assert [one.step for one in story.reminders] == [1, 2]
    late = story.reminders[1].requested_at
    story.wait(days=10)
    assert story.reminders[2].requested_at - late == dt.timedelta(days=7)


def test_no_address_holds_until_there_is_one() -> None:
    story = Story().customer(contact={}).invoice().failed()
    assert story.not_sent == ["no_channel"]
    story.customer()
    assert len(story.reminders) == 1


def test_an_older_update_changes_nothing() -> None:
    story = Story().owing()
    story.tell(
        "customer.updated.v1", customer(flags=["dispute"]), time=START - dt.timedelta(days=1)
    )
    assert story.state is not None
    assert story.state.profile is not None
    assert story.state.profile.facts.flags == ()
