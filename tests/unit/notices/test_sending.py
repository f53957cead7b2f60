"""A notice from being owed to having left: the gate, the last look, and what ends it."""

from __future__ import annotations

import datetime as dt

from tests.unit.notices.owner import KIND, Owner


def _owner() -> Owner:
    story = Owner()
    story.customer().invoice(payment_method="link", due_on="2026-06-10")
    return story


def test_a_notice_leaves_at_once_inside_the_window() -> None:
    story = _owner().owe()
    (message,) = story.messages()
    assert (message.kind, message.notice, message.channel) == ("notice", KIND, "sms")
    sent = story.sent()
    assert sent is not None
    assert (sent.message_id, sent.at) == (message.message_id, story.now)


def test_concluding_again_sends_nothing_again() -> None:
    story = _owner().owe().again().owe()
    assert len(story.notices) == 1


def test_what_asks_for_money_takes_a_last_look_and_carries_it() -> None:
    story = _owner()
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    (message,) = story.messages()
    assert story.looked_for == 1
    assert message.last_look is not None
    assert message.amount_due is not None
    assert message.amount_due.minor == 4999


def test_what_is_paid_during_the_look_is_not_asked_for() -> None:
    story = _owner()
    story.holds_looks = True
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    story.payment()
    story.decide_looks()
    assert story.notices == []
    assert "nothing_open" in story.not_sent


def test_what_was_settled_is_owed_again_when_the_money_goes_back() -> None:
    story = _owner().payment()
    assert isinstance(story, Owner)
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    assert story.notices == []
    story.reversal()
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    assert len(story.notices) == 1


def test_a_closed_window_defers_it_and_says_so_once() -> None:
    story = Owner(dt.datetime(2026, 6, 1, 21, tzinfo=dt.UTC))
    story.customer().invoice(payment_method="link", due_on="2026-06-10")
    story.owe().again().again()
    assert (story.notices, story.not_sent) == ([], ["window_closed"])
    story.wait(hours=10)
    assert len(story.notices) == 1


def test_a_flag_holds_it_until_it_is_lifted() -> None:
    story = Owner()
    story.customer(flags=["dispute"])
    story.owe(purpose="collection").again()
    assert story.not_sent == ["flag:dispute"]
    story.wait(days=1)
    story.customer()
    assert len(story.notices) == 1


def test_until_gives_it_up_and_it_is_not_owed_again() -> None:
    story = Owner()
    story.customer(flags=["deceased"])
    until = story.now + dt.timedelta(days=2)
    story.owe(until=until)
    story.wait(days=3)
    assert story.not_sent == ["flag:deceased", "given_up:flag:deceased"]
    story.customer()
    story.owe(until=until)
    assert story.notices == []


def test_a_notice_that_is_not_due_waits_for_its_day() -> None:
    story = _owner()
    story.owe(due=story.now + dt.timedelta(days=3))
    assert story.notices == []
    story.wait(days=2, hours=23)
    assert story.notices == []
    story.wait(hours=1)
    assert len(story.notices) == 1


def test_no_words_for_it_is_said_and_breaks_nothing() -> None:
    story = _owner().owe(kind="unheard_of")
    assert story.notices == []
    assert story.not_sent == ["text:unheard_of"]


def test_a_payment_that_comes_before_it_leaves_takes_it_back() -> None:
    story = _owner()
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    story.payment()
    assert story.withdrawn == [story.notices[0][1]]
    assert story.sent() is None


def test_money_on_its_way_holds_what_asks_for_it() -> None:
    story = _owner()
    story.payment(minor=1000, provisional=True)
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    story.owe("n2")
    assert len(story.notices) == 1
    assert story.not_sent == ["provisional_payment"]
    story.payment(minor=1000, provisional=False)
    assert len(story.notices) == 2


def test_money_on_its_way_takes_back_what_asks_for_it() -> None:
    story = _owner()
    story.owe(asks_for_money=True, invoice_ids=("i1",))
    story.payment(minor=1000, provisional=True)
    assert story.withdrawn == [story.notices[0][1]]
    assert story.sent() is None
    story.reversal(minor=1000)
    assert len(story.notices) == 2
