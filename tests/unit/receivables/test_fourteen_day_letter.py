"""No fee before a valid fourteen-day letter has lapsed, counted from its receipt (D11)."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.receivables.fee_story import WIK, FeeStory, charging

#: Received on Thursday 4 June in Amsterdam: the fourteen days are 5 to 18 June.
RECEIVED = "2026-06-04T07:30:00+00:00"
#: Midnight after 18 June in Amsterdam.
LAPSED = dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)


def _lettered() -> FeeStory:
    return FeeStory().late().until_letter().delivered(RECEIVED)


def test_the_letter_is_free_and_names_the_exact_cost() -> None:
    """First in default, then a letter with the cost to the cent; it adds nothing to the debt."""
    story = FeeStory().late().until_letter()
    [letter] = story.letters
    assert letter.requested_at >= dt.datetime(2026, 6, 2, 22, tzinfo=dt.UTC)  # five days late
    assert letter.channel == "email"
    assert letter.invoice_ids == ("i1",)
    assert "€ 40,00" in letter.body
    assert letter.amount_due is not None
    assert letter.amount_due.minor == story.balance == 10_000
    assert letter.last_look
    assert "vandaag" not in letter.body.lower()


def test_the_fee_arises_at_midnight_after_the_fourteenth_day() -> None:
    """Counted from the day after receipt, where the customer lives; `due` names the instant."""
    story = _lettered()
    assert story.state is not None
    [name] = [name for name in story.state.timers if name.startswith("receivables|fee|")]
    assert story.state.timers[name] == LAPSED
    assert story.letter["claimable_at"] == "2026-06-18T22:00:00Z"
    story.until(LAPSED - dt.timedelta(milliseconds=1))
    assert story.fees == []
    story.until(LAPSED)
    assert story.amounts == [("claimed", 4_000)]
    assert story.balance == 14_000
    assert name not in story.state.timers
    assert story.fees[0]["statute"] == {"id": "nl-wik", "valid_from": "2024-10-01"}


def test_a_receipt_late_in_the_evening_is_of_its_own_day() -> None:
    """23:30 in Amsterdam is the 4th there, not the 4th plus a day: the term is local."""
    story = FeeStory().late().until_letter().delivered("2026-06-04T21:30:00+00:00")
    assert story.letter["claimable_at"] == "2026-06-18T22:00:00Z"
    later = FeeStory().late().until_letter().delivered("2026-06-04T22:30:00+00:00")
    assert later.letter["claimable_at"] == "2026-06-19T22:00:00Z"


def test_without_proof_of_receipt_there_is_no_fee() -> None:
    """Sent is not received."""
    story = FeeStory().late().until_letter().wait(days=200)
    assert story.fees == []
    assert story.letter["state"] == "sent"


def test_a_bounced_letter_does_not_count() -> None:
    """It came back, no postal address is known: no fee, and people see why."""
    story = FeeStory().late().until_letter()
    story.receipt("message.failed.v1", story.letters[0].message_id, "email", detail="hard_bounce")
    story.wait(days=60)
    assert story.fees == []
    assert story.letter["state"] == "bounced"
    assert "fee_refused:letter_bounced" in story.not_sent
    assert story.balance == 10_000


def test_paid_on_the_fourteenth_day_is_in_time() -> None:
    """A minute before midnight: no fee, ever."""
    story = _lettered().pay(10_000, "2026-06-18T21:59:00+00:00").wait(days=60)
    assert story.fees == []
    assert story.balance == 0
    assert story.letter["state"] == "paid"


def test_paid_on_the_fifteenth_day_is_late() -> None:
    """One minute after midnight the fee stands, whatever was paid."""
    story = _lettered().pay(10_000, "2026-06-18T22:01:00+00:00").wait(days=1)
    assert story.amounts == [("claimed", 4_000)]
    assert story.balance == 4_000


def test_money_that_was_in_time_and_told_late_ends_the_fee() -> None:
    """What the bank reports two days later was received on day 14: the fee comes to nothing."""
    story = _lettered().until(LAPSED + dt.timedelta(days=2))
    assert isinstance(story, FeeStory)
    story.payment("p1", 10_000, received_at="2026-06-18T12:00:00+00:00")
    assert story.amounts == [("void", 0)]
    assert story.balance == 0
    assert story.fee_events[-1] == []


def test_part_paid_in_time_lowers_the_fee() -> None:
    """The fee is that of what was open when the term ended."""
    story = FeeStory().late(100_000).until_letter().delivered(RECEIVED)
    assert story.letter["cost"]["minor"] == 15_000
    story.pay(40_000, "2026-06-10T09:00:00+00:00").until(LAPSED)
    assert story.amounts == [("claimed", 9_000)]


def test_a_letter_that_has_not_left_is_exact_again() -> None:
    """Money that comes before it leaves: it names what is open then, with the cost of that."""
    story = FeeStory().late(100_000).until(dt.datetime(2026, 6, 2, 22, 30, tzinfo=dt.UTC))
    assert isinstance(story, FeeStory)
    assert story.letters == []
    story.pay(40_000, "2026-06-02T22:31:00+00:00").until_letter()
    assert "€ 90,00" in story.letters[0].body
    assert story.letter["cost"]["minor"] == 9_000


def test_what_may_be_claimed_together_is_one_letter() -> None:
    """Two bills late on the same day: one letter, one minimum (BW 6:96(7))."""
    story = FeeStory().late().invoice("i2", 12_000, kind="purchase", payment_method="link")
    assert isinstance(story, FeeStory)
    story.until_letter().delivered(RECEIVED).until(LAPSED)
    assert len(story.letters) == 1
    assert story.amounts == [("claimed", 4_000)]
    assert story.fees[0]["invoice_ids"] == ["i1", "i2"]


def test_a_payment_taken_back_needs_another_letter() -> None:
    """Paid in time, charged back in July: no fee from the old letter, but a new one may come."""
    story = _lettered().pay(10_000, "2026-06-10T09:00:00+00:00")
    story.until(dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC))
    story.reversal("p1", 10_000, reversed_at="2026-07-01T09:00:00+00:00").wait(days=2)
    assert story.fees == []
    assert len(story.letters) == 2
    story.wait(days=60)
    assert story.fees == []


@pytest.mark.parametrize(
    ("kind", "data", "because"),
    [
        ("dispute.opened.v1", {"dispute_id": "d1"}, "dispute"),
        ("hold.placed.v1", {"hold_id": "h1", "kind": "complaint"}, "hold:complaint"),
    ],
)
def test_a_dispute_or_hold_keeps_the_fee_away(
    kind: str, data: dict[str, str], because: str
) -> None:
    """While it runs there is no fee; what is paid until it ends is in time."""
    story = _lettered()
    who = {"customer_id": "c1", "at": story.now.isoformat(), "by": "anna"}
    story.tell(kind, who | data).until(LAPSED + dt.timedelta(days=5))
    assert story.fees == []
    assert story.letter["held"] == because
    assert f"fee_refused:{because}" in story.not_sent
    ended = {"hold.placed.v1": "hold.lifted.v1", "dispute.opened.v1": "dispute.answered.v1"}[kind]
    end = {name: value for name, value in data.items() if name.endswith("_id")}
    more = {"upheld": False} if "dispute_id" in data else {}
    story.tell(ended, who | end | more)
    assert story.fees == []
    story.until(LAPSED + dt.timedelta(days=6))
    assert story.amounts == [("claimed", 4_000)]


def test_breathing_space_stops_the_fourteen_days() -> None:
    """Ten paused days within the term: it ends ten days later."""
    story = _lettered()
    story.tell(
        "hardship.granted.v1",
        {
            "customer_id": "c1",
            "at": story.now.isoformat(),
            "by": "anna",
            "hardship_id": "b1",
            "kind": "breathing_space",
            "from": "2026-06-08",
            "until": "2026-06-18",
        },
    ).until(LAPSED + dt.timedelta(days=10, milliseconds=-1))
    assert story.fees == []
    story.wait(minutes=1)
    assert story.amounts == [("claimed", 4_000)]


def test_our_own_fault_costs_nobody_anything() -> None:
    """A debit that failed by our mistake: no letter, no fee (F55)."""
    story = FeeStory().late(payment_method="direct_debit")
    story.failed(code="AG02")
    story.wait(days=60)
    assert story.letters == []
    assert story.fees == []


def test_the_starting_rules_charge_nothing() -> None:
    """Nobody configured a fee: no letter, no fee, no timer for one."""
    story = FeeStory(charging(days_late=1)).late().wait(days=120)
    assert story.view.get("fees") is None
    assert not [name for name in story.state.timers if name.startswith("receivables")]  # type: ignore[union-attr]
    assert story.letters == []


def test_vat_comes_on_top_only_where_it_is_a_cost() -> None:
    """A creditor who can't recover VAT: 40.00 and 21 %."""
    with_vat = charging(WIK.model_copy(update={"vat_on_top": True}))
    story = FeeStory(with_vat).late().until_letter().delivered(RECEIVED).until(LAPSED)
    assert isinstance(story, FeeStory)
    assert story.amounts == [("claimed", 4_840)]
