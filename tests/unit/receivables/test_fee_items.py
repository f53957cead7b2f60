"""Fees are items of their own: what is paid first, what is waived, what is given back."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.receivables.state import AllocationRow
from tests.unit.collections.story import CUSTOMER, Story, failed
from tests.unit.receivables.fee_story import (
    COSTS_FIRST,
    PRINCIPAL_FIRST,
    WIK,
    FeeStory,
    charging,
    flat,
)

CLAIMED = dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)
LATER = "2026-06-20T09:00:00+00:00"


def _charged(**changes: object) -> FeeStory:
    story = FeeStory(charging(WIK, **changes))
    story.late().until_letter().delivered("2026-06-04T07:30:00+00:00").until(CLAIMED)
    assert story.amounts == [("claimed", 4_000)]
    return story


@pytest.mark.parametrize(
    ("order", "fee", "principal"),
    [
        (COSTS_FIRST, 0, 4_000),
        (PRINCIPAL_FIRST, 4_000, 0),
    ],
)
def test_the_order_of_allocation_is_data(order: AllocationRow, fee: int, principal: int) -> None:
    """100 of the 140 that are open: BW 6:44 pays the costs first, another policy the bill."""
    story = _charged(allocation=(order,)).pay(10_000, LATER)
    left = {item["invoice_id"]: item["open"]["minor"] for item in story.view["open"]}
    assert left.get(story.fees[0]["fee_id"], 0) == fee
    assert left.get("i1", 0) == principal


def test_what_a_payment_names_comes_before_any_order() -> None:
    """Costs first, but she names the bill."""
    named = [{"invoice_id": "i1", "amount": {"minor": 10_000, "currency": "EUR"}}]
    story = _charged(allocation=(COSTS_FIRST,)).pay(10_000, LATER, allocations=named)
    assert [item["invoice_id"] for item in story.view["open"]] == [story.fees[0]["fee_id"]]


def test_an_order_does_not_reach_back() -> None:
    """Money received before the order holds is allocated as it was: the oldest due first."""
    rows = (COSTS_FIRST.model_copy(update={"valid_from": dt.date(2026, 7, 1)}),)
    story = _charged(allocation=rows).pay(4_000, LATER)
    assert story.amounts == [("claimed", 4_000)]
    story.pay(4_000, "2026-07-02T09:00:00+00:00", "p2")
    assert story.amounts == [("paid", 4_000)]


def test_defect_07_principal_paid_fee_open_stays_claimable() -> None:
    """ERPNext lost it: the bill is paid, the fee is still owed, shown, and can be paid."""
    story = _charged().pay(10_000, LATER)
    assert story.amounts == [("claimed", 4_000)]
    assert story.balance == 4_000
    assert [item["invoice_id"] for item in story.view["open"]] == [story.fees[0]["fee_id"]]
    [thanks] = story.thanks
    assert thanks.amount_due is not None
    assert thanks.amount_due.minor == 4_000
    story.pay(4_000, "2026-06-21T09:00:00+00:00", "p2")
    assert story.amounts == [("paid", 4_000)]
    assert story.balance == 0


def test_defect_07_or_it_is_waived_as_policy_says() -> None:
    """The same life under the other policy; the payment taken back, the fee is owed again."""
    story = _charged(when_principal_is_paid="waive").pay(10_000, LATER)
    assert story.amounts == [("waived", 4_000)]
    assert story.balance == 0
    story.reversal("p1", 10_000, reversed_at="2026-06-25T09:00:00+00:00")
    assert story.balance == 14_000


def test_a_waiver_needs_a_second_person_and_a_reason() -> None:
    """One person under two spellings is one person; every refusal says why."""
    story = _charged().waive(approved_by="Anna ").waive(reason=" ").waive("fee-unknown")
    assert story.refused == ["four_eyes", "no_reason", "unknown_fee"]
    assert story.balance == 14_000
    story.waive()
    assert story.amounts == [("waived", 4_000)]
    assert story.balance == 10_000
    assert story.fees[0]["waived"]["approved_by"] == "bert"
    assert story.fee_events[-1] == []
    story.waive(by="carl", reason="again")
    assert story.fees[0]["waived"]["by"] == "anna"


def test_a_paid_fee_that_is_waived_becomes_credit() -> None:
    """Given back: the money stands as credit and pays the next bill."""
    story = _charged().pay(14_000, LATER).waive()
    assert story.amounts == [("refunded", 4_000)]
    assert story.view["credit"] == [{"minor": 4_000, "currency": "EUR"}]
    story.invoice("i9", 5_000, due_on="2026-07-15", payment_method="link")
    assert story.balance == 1_000


def test_a_fee_of_the_erp_is_waived_likewise() -> None:
    """An invoice of kind `fee` that came by event, with two people."""
    story = FeeStory().late().invoice("f1", 1_000, kind="fee", payment_method="link")
    assert isinstance(story, FeeStory)
    story.waive("f1")
    assert story.balance == 10_000


def test_fees_are_told_with_the_status() -> None:
    """`fee-status.changed.v1` carries the live fees and the invoice each rests on."""
    story = _charged()
    assert story.fee_events[-1] == [("i1", 4_000)]
    story.pay(14_000, LATER)
    assert story.fee_events[-1] == []


def test_a_fee_joins_the_reminders_and_restarts_none() -> None:
    """The next step names bill and fee; no first reminder is sent a second time."""
    story = _charged()
    steps = [one.step for one in story.reminders]
    assert steps == sorted(set(steps)), "no step twice"
    story.wait(days=30)
    assert [one.step for one in story.reminders].count(1) == 1


def test_a_german_letter_costs_little_and_only_after_default() -> None:
    """2.50 after the second reminder; the law's 40 is for businesses only."""
    policy = charging(flat("mahnung", "de-mahnkosten", 250), days_late=1)
    story = FeeStory(policy)
    story.customer(country="DE", language="de", timezone="Europe/Berlin")
    story.invoice("i1", 10_000, kind="purchase", payment_method="link").wait(days=5)
    assert [one.step for one in story.reminders] == [1]
    assert story.fees == []
    story.wait(days=10)
    assert story.amounts == [("claimed", 250)]


def test_money_in_time_ends_a_flat_fee_too() -> None:
    """Told after the fee arose, received before."""
    policy = charging(flat("mahnung", "de-mahnkosten", 250), days_late=1)
    story = FeeStory(policy)
    story.customer(country="DE", language="de", timezone="Europe/Berlin")
    story.invoice("i1", 10_000, kind="purchase", payment_method="link").wait(days=15)
    story.payment("p1", 10_000, received_at="2026-06-02T09:00:00+00:00")
    assert story.amounts == [("void", 0)]
    assert story.balance == 0


def test_no_charge_crosses_a_border() -> None:
    """Dutch costs are for debtors in the Netherlands: nobody in the US is charged anything."""
    story = FeeStory()
    story.customer(country="US", timezone="America/New_York")
    story.invoice("i1", 10_000, kind="purchase", payment_method="link").wait(days=60)
    assert story.view.get("fees") is None


def test_what_the_bank_charged_is_passed_on_up_to_a_limit() -> None:
    """Lack of funds: the bank's 3.50, of which policy passes on 3.00; our own fault: nothing."""
    row = {
        "country": "NL",
        "most": {"minor": 300, "currency": "EUR"},
        "valid_from": "2020-01-01",
        "source": "test",
    }
    for code, amounts in (("AM04", [("claimed", 300)]), ("AG02", [])):
        story = FeeStory(charging(days_late=400, return_charges=(row,)))
        story.customer().invoice()
        story.tell("direct-debit.failed.v1", failed(code=code, bank_charge=_eur(350)))
        story.wait(days=2)
        assert story.amounts == amounts


def _eur(minor: int) -> dict[str, object]:
    return {"minor": minor, "currency": "EUR"}


def test_instalments_in_a_row_do_not_stack() -> None:
    """Six monthly bills of 50, each with its letter: 40, then nothing until 266.67 is passed."""
    story = FeeStory()
    story.customer()
    for month in range(5, 11):
        story.until(dt.datetime(2026, month, 25, 9, tzinfo=dt.UTC))
        story.invoice(f"i{month}", 5_000, due_on=f"2026-{month:02}-26", payment_method="link")
        before = len(story.letters)
        story.wait(days=10)
        if len(story.letters) > before:
            story.receipt(
                "message.delivered.v1",
                story.letters[-1].message_id,
                "email",
                at=story.now.isoformat(),
            )
    story.wait(days=20)
    assert sum(fee["amount"]["minor"] for fee in story.fees) == 4_500
    assert {one["because"] for one in story.view["fees_refused"]} == {"stacked"}
    assert "fee_refused:stacked" in story.not_sent


def test_four_eyes_hold_for_every_story() -> None:
    """The refusal is a dead letter: the row is as it was."""
    story: Story = _charged()
    before = story.state
    assert isinstance(story, FeeStory)
    story.waive(approved_by="anna")
    assert story.state == before
    assert story.state is not None
    assert story.state.customer_id == CUSTOMER
