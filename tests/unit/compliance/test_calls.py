"""Calls and conversations: seven in seven, the lock after a conversation, imported counters."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.collections.story import Story
from tests.unit.compliance.packs import call, callable_now, conversation, living_in

#: A Monday, 11:00 in New York.
MONDAY = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)


def owing_two(country: str = "US") -> Story:
    """Two debts, three for the story of defect 14."""
    story = Story(MONDAY).customer(**living_in(country)).invoice("i1").invoice("i2")
    return story.failed("i1").failed("i2")


def debts(story: Story) -> dict[str, tuple[bool, str]]:
    """Debt -> whether it may be called about, and the row that says no."""
    return {
        debt["invoice_id"]: (debt["allowed"], debt.get("rule", ""))
        for debt in callable_now(story)["debts"]
    }


def test_seven_calls_in_seven_days_and_no_eighth() -> None:
    """The row is a presumption and says so; the eighth is possible when the first has left."""
    story = owing_two()
    for _ in range(7):
        assert callable_now(story)["allowed"] is True
        call(story, invoice_ids=["i1", "i2"])
    said = callable_now(story)
    assert said["allowed"] is False
    assert (said["rule"], said["because"]) == ("us.calls", "calls_made")
    assert said["debts"][0]["presumption"] is True
    assert said["until"] == "2026-06-08T04:00:00+00:00"  # midnight in New York, seven days on
    story.until(dt.datetime(2026, 6, 8, 13, tzinfo=dt.UTC))
    assert callable_now(story)["allowed"] is True


def test_calls_count_for_each_debt() -> None:
    """Seven calls about one debt leave the other one free (defect 14)."""
    story = owing_two()
    for _ in range(7):
        call(story, invoice_ids=["i1"])
    assert debts(story) == {"i1": (False, "us.calls"), "i2": (True, "")}
    assert callable_now(story)["allowed"] is True


def test_more_calls_than_allowed_wait_for_the_later_ones_to_leave() -> None:
    """One of six days ago and seven of yesterday, imported: free when yesterday's have left."""
    story = call(owing_two(), at=MONDAY - 6 * _DAY)
    for _ in range(7):
        call(story, at=MONDAY - _DAY)
    assert callable_now(story)["until"] == "2026-06-07T04:00:00+00:00"


def test_a_call_about_nothing_in_particular_counts_for_every_debt() -> None:
    """Nobody said what it was about: the reading that is safer for the customer."""
    story = owing_two()
    for _ in range(7):
        call(story)
    assert {allowed for allowed, _ in debts(story).values()} == {False}


def test_a_conversation_locks_seven_days_its_own_day_is_the_first() -> None:
    """Monday's conversation: Sunday is the seventh day, next Monday is free."""
    story = conversation(owing_two(), invoice_ids=["i1"])
    assert debts(story) == {"i1": (False, "us.conversation"), "i2": (True, "")}
    story.until(MONDAY + 6 * _DAY)
    assert debts(story)["i1"][0] is False
    story.until(MONDAY + 7 * _DAY)
    assert debts(story)["i1"][0] is True


def test_a_conversation_about_two_debts_locks_both() -> None:
    """Whatever was spoken of is locked."""
    story = conversation(owing_two(), invoice_ids=["i1", "i2"])
    assert {rule for _, rule in debts(story).values()} == {"us.conversation"}


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_an_inbound_call_is_a_conversation_and_no_attempt(direction: str) -> None:
    """They called us: it does not count for the seven, and locks all the same."""
    story = conversation(owing_two(), direction=direction)
    assert story.state is not None
    assert [one.kind for one in story.state.compliance.calls] == ["conversation"]
    assert callable_now(story)["rule"] == "us.conversation"


def test_prior_consent_lifts_the_lock_for_seven_days_at_most() -> None:
    """Asked to be called again: free at once; a week later what has been called since counts."""
    story = conversation(owing_two(), prior_consent=True)
    assert callable_now(story)["allowed"] is True
    story.wait(days=4)
    for _ in range(8):
        call(story)
    assert callable_now(story)["allowed"] is True
    story.until(MONDAY + 7 * _DAY)
    assert callable_now(story)["rule"] == "us.calls"


def test_counters_of_a_replaced_dialer_are_imported() -> None:
    """D15: calls of last week, told today, count by their own time, in whatever order they come."""
    story = owing_two()
    for days in (1, 6, 3, 2, 5, 4):
        call(story, at=MONDAY - days * _DAY)
    assert callable_now(story)["allowed"] is True
    call(story, at=MONDAY - 2 * _DAY)
    assert callable_now(story)["rule"] == "us.calls"
    story.wait(days=1)  # the one of six days ago has left
    assert callable_now(story)["allowed"] is True


def test_a_conversation_of_the_future_locks_from_now_on_only() -> None:
    """A dialer whose clock is wrong does not make somebody unreachable for years."""
    story = conversation(owing_two(), at=MONDAY + 900 * _DAY)
    assert callable_now(story)["until"] == "2026-06-08T04:00:00+00:00"


@pytest.mark.parametrize(
    ("detail", "counted"),
    [({"connected": False}, 0), ({"third_party": True}, 1), ({}, 1)],
)
def test_what_counts_as_an_attempt(detail: dict[str, bool], counted: int) -> None:
    """A number that never connected does not; somebody else who answered does."""
    story = call(owing_two(), **detail)
    assert story.state is not None
    assert len(story.state.compliance.calls) == counted


def test_somebody_else_on_the_phone_is_no_conversation_with_the_customer() -> None:
    """It locks nothing; it was an attempt."""
    story = conversation(owing_two(), third_party=True)
    assert callable_now(story)["allowed"] is True


def test_no_calls_by_night_nor_when_contact_is_stopped() -> None:
    """The window and what forbids every contact hold for calls as well."""
    story = owing_two().until(dt.datetime(2026, 6, 2, 2, tzinfo=dt.UTC))  # 22:00
    said = callable_now(story)
    assert (said["allowed"], said["rule"]) == (False, "window")
    assert said["until"] >= "2026-06-02T12:00:00"
    story.wait(hours=14)
    story.customer(**living_in("US", flags=["represented"]))
    said = callable_now(story)
    assert (said["allowed"], said["rule"], said["because"]) == (False, "flags", "flag:represented")


def test_dutch_calls_are_not_counted() -> None:
    """Nothing of 12 CFR 1006 concerns a Dutch customer."""
    story = Story(dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)).owing()
    for _ in range(12):
        call(story)
    assert callable_now(story)["allowed"] is True


def test_a_call_about_more_debts_than_are_kept_is_one_about_each() -> None:
    """A row has a bound; what is not kept must not free a debt."""
    story = owing_two()
    call(story, invoice_ids=[f"x{n}" for n in range(201)])
    assert story.state is not None
    assert story.state.compliance.calls[-1].invoice_ids is None
    call(story, invoice_ids=["i1"])
    assert story.state.compliance.calls[-1].invoice_ids == ("i1",)
