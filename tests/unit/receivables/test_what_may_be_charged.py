"""Only what may be asked for is announced and charged: nothing disputed, planned or so little."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from domain.collections.policy import CollectionsPolicy
from tests.unit.collections.story import CUSTOMER, POLICY
from tests.unit.receivables.fee_story import WIK, FeeStory, charging, flat

#: Received on 4 June: the fourteen days are over at midnight after 18 June in Amsterdam.
RECEIVED = "2026-06-04T07:30:00+00:00"
LAPSED = dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)
#: The letter was written at midnight and leaves when the window opens.
SEVEN = dt.datetime(2026, 6, 3, 5, tzinfo=dt.UTC)


def _two(first: int = 300_000, second: int = 5_000) -> FeeStory:
    story = FeeStory().late(first)
    story.invoice("i2", second, due_on="2026-05-29", kind="purchase", payment_method="link")
    return story


def _lettered() -> FeeStory:
    return _two().until_letter().delivered(RECEIVED)


def _who(story: FeeStory) -> dict[str, str]:
    return {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "anna"}


def _dispute(story: FeeStory, *invoice_ids: str) -> FeeStory:
    facts = {"dispute_id": "d1", "invoice_ids": list(invoice_ids)}
    story.tell("dispute.opened.v1", _who(story) | facts)
    return story


def _reject(story: FeeStory) -> FeeStory:
    story.tell("dispute.answered.v1", _who(story) | {"dispute_id": "d1", "upheld": False})
    return story


def _pay_second(story: FeeStory, at: str) -> None:
    named = [{"invoice_id": "i2", "amount": {"minor": 5_000, "currency": "EUR"}}]
    story.payment("p1", 5_000, allocations=named, received_at=at)


def _plan(story: FeeStory, *invoice_ids: str) -> FeeStory:
    shares = [
        {"due_on": day, "amount": {"minor": 150_000, "currency": "EUR"}}
        for day in ("2026-07-01", "2026-08-01")
    ]
    facts = {
        "plan_id": "p1",
        "currency": "EUR",
        "invoice_ids": list(invoice_ids),
        "instalments": shares,
    }
    story.tell("plan.agreed.v1", _who(story) | facts)
    return story


@pytest.mark.parametrize(("agree", "because"), [(_dispute, "dispute"), (_plan, "plan")])
def test_a_fee_arises_only_on_what_nobody_disputes_or_pays_by_plan(
    agree: Callable[..., Any], because: str
) -> None:
    """One of two bills of a letter is kept from us: the fee is that of the other one alone."""
    story = _lettered()
    assert story.letter["cost"]["minor"] == 43_000
    agree(story, "i1")
    story.until(LAPSED)
    assert story.amounts == [("claimed", 4_000)]
    assert story.fees[0]["invoice_ids"] == ["i2"]
    [refused] = story.view["fees_refused"]
    assert refused["items"] == {"i1": 300_000}
    assert refused["because"] == because


def test_what_was_disputed_when_the_term_ended_is_charged_nothing_afterwards() -> None:
    """Two letters for what was one claim would cost more than the law allows for it."""
    story = _dispute(_lettered(), "i1")
    story.until(LAPSED + dt.timedelta(days=3))
    _reject(story).wait(days=60)
    assert story.amounts == [("claimed", 4_000)]
    assert len(story.letters) == 1


def test_a_dispute_that_is_over_in_time_changes_nothing() -> None:
    """Rejected within the fourteen days: the whole claim, as the letter said."""
    story = _reject(_dispute(_lettered(), "i1"))
    story.until(LAPSED)
    assert story.amounts == [("claimed", 43_000)]


def test_money_that_was_in_time_for_what_is_charged_ends_the_fee() -> None:
    """The other bill of the letter stays open in dispute: it does not bear the fee."""
    story = _dispute(_lettered(), "i1")
    story.until(LAPSED + dt.timedelta(days=1))
    _pay_second(story, "2026-06-18T12:00:00+00:00")
    assert story.amounts == [("void", 0)]


def test_while_all_that_is_left_is_disputed_the_letter_is_held() -> None:
    """The free one was paid in time: then the other waits for its answer, as if alone."""
    story = _dispute(_lettered(), "i1")
    _pay_second(story, story.now.isoformat())
    story.until(LAPSED + dt.timedelta(days=3))
    assert story.fees == []
    assert story.letter["state"] == "held"
    _reject(story).wait(days=1)
    assert story.amounts == [("claimed", 42_500)]


def test_a_letter_names_only_what_may_be_asked_for_when_it_leaves() -> None:
    """Disputed at seven, after the letter was written: it leaves for the other bill."""
    story = _two()
    story.until(SEVEN)
    assert story.letters == []
    _dispute(story, "i1").until_letter()
    [letter] = story.letters
    assert letter.invoice_ids == ("i2",)
    assert letter.amount_due is not None
    assert letter.amount_due.minor == 5_000
    assert "€ 40,00" in letter.body
    assert "430" not in letter.body
    story.delivered(RECEIVED).until(LAPSED)
    assert story.amounts == [("claimed", 4_000)]
    assert story.fees[0]["invoice_ids"] == ["i2"]


def test_what_is_free_again_before_the_letter_leaves_is_in_it() -> None:
    """One claim and one minimum, if a dispute is withdrawn within the hour."""
    story = _two()
    story.until(SEVEN)
    _reject(_dispute(story, "i1")).until_letter()
    story.wait(days=2)
    [letter] = story.letters
    assert letter.invoice_ids == ("i1", "i2")
    assert story.letter["cost"]["minor"] == 43_000


def test_what_a_letter_did_not_name_gets_one_of_its_own() -> None:
    """Nothing was announced for it: fourteen days begin anew once the dispute is answered."""
    story = _two()
    story.until(SEVEN)
    _dispute(story, "i1").until_letter().delivered(RECEIVED)
    _reject(story).wait(days=2)
    assert [letter.invoice_ids for letter in story.letters] == [("i2",), ("i1",)]


def test_a_letter_whose_debts_are_all_disputed_waits() -> None:
    """Nothing may be asked for: it leaves when the dispute has been answered."""
    story = _two()
    story.until(SEVEN)
    _dispute(story, "i1", "i2").wait(days=3)
    assert story.letters == []
    assert story.letter["state"] == "prepared"
    _reject(story).wait(days=1)
    assert [letter.invoice_ids for letter in story.letters] == [("i1", "i2")]


def test_a_time_barred_debt_is_in_no_letter() -> None:
    """It may not be asked for, so nothing is announced for it and nothing charged."""
    story = FeeStory().late(10_000)
    story.invoice("old", 300_000, due_on="2020-01-10", kind="purchase", payment_method="link")
    story.until_letter().delivered(RECEIVED)
    assert story.letters[0].invoice_ids == ("i1",)
    story.until(LAPSED)
    assert story.amounts == [("claimed", 4_000)]
    assert story.fees[0]["invoice_ids"] == ["i1"]


def _tolerant(policy: CollectionsPolicy | None = None) -> CollectionsPolicy:
    overdue = POLICY.overdue.model_copy(update={"tolerance_minor": {"EUR": 500}})
    return (policy or charging(WIK)).model_copy(update={"overdue": overdue})


def test_so_little_is_not_charged_for() -> None:
    """Four euros that nobody is reminded of: no letter, no fee, and nobody wakes for it."""
    story = FeeStory(_tolerant()).late(400)
    story.wait(days=40)
    assert story.letters == []
    assert story.fees == []
    assert story.state is not None
    assert "receivables|charge" not in story.state.timers


def test_what_is_left_in_time_within_the_tolerance_is_not_charged_for() -> None:
    """96 of 100 euros come within the fourteen days."""
    story = FeeStory(_tolerant()).late(10_000).until_letter().delivered(RECEIVED)
    story.pay(9_600, "2026-06-10T09:00:00+00:00").wait(days=40)
    assert story.fees == []
    assert story.letter["state"] == "gone"
    assert "fee_refused:below_tolerance" in story.not_sent


def test_a_letter_that_is_left_with_so_little_is_not_sent() -> None:
    """The money comes between midnight and the opening of the window."""
    story = FeeStory(_tolerant()).late(10_000)
    story.until(SEVEN)
    story.pay(9_600, SEVEN.isoformat()).wait(days=40)
    assert story.letters == []
    assert story.fees == []


def test_no_fixed_fee_for_so_little() -> None:
    """Also where no letter is needed; a larger one is charged."""
    row = {
        "id": "flat", "country": "NL", "currency": "EUR", "valid_from": "2020-01-01",
        "source": "test", "kind": "flat", "max_minor": 250,
    }  # fmt: skip
    policy = _tolerant(charging(flat("flat", "flat", 250), statutes=(row,)))
    story = FeeStory(policy).late(400)
    story.wait(days=40)
    assert story.fees == []
    assert story.state is not None
    assert "receivables|charge" not in story.state.timers
    dearer = FeeStory(policy).late(501)
    dearer.wait(days=20)
    assert dearer.amounts == [("claimed", 250)]


def test_no_charge_of_the_bank_is_passed_on_for_so_little() -> None:
    """The debit of four euros failed."""
    row = {
        "country": "NL",
        "most": {"minor": 300, "currency": "EUR"},
        "valid_from": "2020-01-01",
        "source": "test",
    }
    charge = {"bank_charge": {"minor": 250, "currency": "EUR"}}
    story = FeeStory(_tolerant(charging(days_late=400, return_charges=(row,))))
    story.customer().invoice("i1", 400).failed(
        "i1", amount={"minor": 400, "currency": "EUR"}, **charge
    )
    story.wait(days=40)
    assert story.fees == []
    assert story.state is not None
    assert "receivables|charge" not in story.state.timers


def test_a_letter_taken_back_for_one_bill_leaves_for_the_other() -> None:
    """Disputed before the mail had left: it is withdrawn and written anew, for what is free."""
    story = _two().until_letter()
    _dispute(story, "i1").wait(days=1)
    assert story.withdrawn == [story.letters[0].message_id]
    assert [letter.invoice_ids for letter in story.letters] == [("i1", "i2"), ("i2",)]
    assert "€ 40,00" in story.letters[1].body
    story.delivered("2026-06-04T10:30:00+00:00").until(LAPSED)
    assert story.amounts == [("claimed", 4_000)]
    assert story.fees[0]["invoice_ids"] == ["i2"]
