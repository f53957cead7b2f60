"""What happens after a letter or a fee: later money, later rules, later bills."""

from __future__ import annotations

import datetime as dt

from domain.collections.codes import Rule
from domain.collections.ledger import compute
from domain.receivables.letters import KEPT_MAX
from tests.unit.collections.story import CUSTOMER, POLICY, failed
from tests.unit.receivables.fee_story import COSTS_FIRST, WIK, FeeStory, charging

LAPSED = dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)


def _lettered(minor: int = 10_000) -> FeeStory:
    story = FeeStory().late(minor).until_letter()
    return story.delivered("2026-06-04T07:30:00+00:00")


def _charged(minor: int = 10_000) -> FeeStory:
    story = _lettered(minor)
    story.until(LAPSED)
    return story


def test_midnight_itself_is_late() -> None:
    """The fourteenth day ends where the fifteenth begins."""
    story = _lettered().pay(10_000, LAPSED.isoformat()).wait(hours=1)
    assert story.amounts == [("claimed", 4_000)]


def test_a_fee_that_came_to_nothing_stays_nothing() -> None:
    """The payment that ended it is taken back in July: that needs another letter."""
    story = _charged()
    story.payment("p1", 10_000, received_at="2026-06-18T12:00:00+00:00")
    story.reversal("p1", 10_000, reversed_at="2026-07-01T09:00:00+00:00")
    assert story.amounts == [("void", 0)]
    assert story.balance == 10_000


def test_dearer_law_does_not_reach_back() -> None:
    """A row that is put live with a higher minimum leaves a claimed fee as it was stated."""
    story = _charged()
    dearer = [
        row.model_copy(update={"min_minor": 9_900}) if row.id == "nl-wik" else row
        for row in POLICY.charges.statutes
    ]
    story.policy = charging(WIK, statutes=tuple(row.model_dump() for row in dearer), version=2)
    story.payment("p1", 1, received_at=story.now.isoformat())
    assert story.amounts == [("claimed", 4_000)]


def test_a_charge_that_is_abolished_before_the_term_ends_is_not_claimed() -> None:
    """No charges any more: the running letter comes to nothing."""
    story = _lettered()
    story.policy = charging()
    story.until(LAPSED + dt.timedelta(days=3))
    assert story.fees == []
    assert story.letter["state"] == "gone"
    assert "fee_refused:charge_abolished" in story.not_sent


def test_what_is_paid_while_a_hold_runs_is_in_time() -> None:
    """The term ended during the hold; she pays before it is lifted: no fee."""
    story = _lettered()
    who = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "anna", "hold_id": "h1"}
    story.tell("hold.placed.v1", who).until(LAPSED + dt.timedelta(days=5))
    story.payment("p1", 10_000, received_at=story.now.isoformat())
    story.tell("hold.lifted.v1", who).wait(days=30)
    assert story.fees == []


def test_a_disputed_bill_gets_no_letter() -> None:
    """Nothing is prepared while the dispute runs; the day after its answer the letter is."""
    story = FeeStory().late()
    who = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "anna", "dispute_id": "d1"}
    story.tell("dispute.opened.v1", who).wait(days=10)
    assert story.view.get("fee_letters") is None
    story.tell("dispute.answered.v1", who | {"upheld": False}).wait(days=2)
    assert len(story.letters) == 1


def test_a_code_that_turns_out_to_be_our_fault_ends_the_passed_on_charge() -> None:
    """The matrix is corrected: what the bank took is ours to bear (F55)."""
    row = {
        "country": "NL",
        "most": {"minor": 300, "currency": "EUR"},
        "valid_from": "2020-01-01",
        "source": "test",
    }
    story = FeeStory(charging(days_late=400, return_charges=(row,)))
    story.customer().invoice()
    charge = {"minor": 250, "currency": "EUR"}
    story.tell("direct-debit.failed.v1", failed(code="AM04", bank_charge=charge)).wait(days=1)
    assert story.amounts == [("claimed", 250)]
    ours = Rule(
        action="our_fault",
        valid_from=dt.date(2000, 1, 1),
        source="test",
        codes=frozenset({"AM04"}),
    )
    codes = POLICY.return_codes
    codes = codes.model_copy(update={"rows": (ours, *codes.rows)})
    story.policy = story.policy.model_copy(update={"return_codes": codes})
    story.payment("p1", 1, received_at=story.now.isoformat())
    assert story.amounts == [("void", 0)]


def test_instalments_half_a_year_apart_cost_their_forty_each() -> None:
    """The look-back is six months; a waived fee within it still counts as charged."""
    story = FeeStory().late(5_000, kind="subscription").until_letter()
    story.delivered("2026-06-04T07:30:00+00:00").until(LAPSED)
    story.waive()
    for month, cost in ((10, None), (1, 4_000)):
        day = dt.date(2026 + (month == 1), month, 20)
        story.until(dt.datetime.combine(day, dt.time(9), dt.UTC))
        bill = f"bill-{month}"
        story.invoice(bill, 5_000, kind="subscription", payment_method="link", due_on=str(day))
        story.wait(days=8)
        costs = [
            letter["cost"]["minor"]
            for letter in story.view["fee_letters"]
            if letter["items"][0]["invoice_id"] == bill
        ]
        assert costs == ([] if cost is None else [cost])


def test_an_unpaid_fee_makes_nobody_late() -> None:
    """The bill is paid, the fee stays open for two months: the status is regular."""
    story = _charged().pay(10_000, "2026-06-20T09:00:00+00:00").wait(days=60)
    assert story.balance == 4_000
    assert story.fee_state is not None
    assert story.fee_state.status == "regular"


def test_an_order_that_goes_live_holds_at_the_next_event() -> None:
    """60 paid the bill; from now on money received then counts for the costs first."""
    story = _charged().pay(6_000, "2026-06-20T09:00:00+00:00")
    assert story.amounts == [("claimed", 4_000)]
    assert {item["open"]["minor"] for item in story.view["open"]} == {4_000}
    story.policy = charging(WIK, allocation=(COSTS_FIRST,), version=2)
    story.receipt("link.clicked.v1", "m1")
    assert story.amounts == [("claimed", 4_000)], "a click is not worth a look at everything"
    story.customer()
    assert story.amounts == [("paid", 4_000)]
    assert [item["open"]["minor"] for item in story.view["open"]] == [8_000]


def _written_off(story: FeeStory) -> None:
    who = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "anna"}
    story.tell("debt.written-off.v1", who | {"approved_by": "bert", "reason": "small"})


def test_a_written_off_bill_is_not_in_a_letter() -> None:
    """Given up before the letter left: nothing is announced."""
    story = FeeStory().late().until(dt.datetime(2026, 6, 2, 22, 30, tzinfo=dt.UTC))
    assert isinstance(story, FeeStory)
    assert story.letter["state"] == "prepared"
    _written_off(story)
    story.wait(days=40)
    assert story.letters == []
    assert story.fees == []


def test_nothing_is_charged_for_what_was_written_off_meanwhile() -> None:
    """Given up while the fourteen days run: no fee on a debt that nobody asks for."""
    story = _lettered()
    _written_off(story)
    story.wait(days=40)
    assert story.letter["state"] == "gone"
    assert story.fees == []


def test_a_letter_by_post_counts_from_the_days_of_the_post() -> None:
    """Posted on Friday: not before the delivery days of the statute, nor of the notices."""
    story = FeeStory()
    story.customer(contact={"address": {"street": "Kade", "number": "1", "city": "Amsterdam"}})
    story.invoice("i1", 10_000, kind="purchase", payment_method="link", due_on="2026-05-29")
    story.until_letter()
    [letter] = story.letters
    assert letter.channel == "letter"
    story.delivered("2026-06-05T12:00:00+00:00").wait(days=9)
    assert story.state is not None
    [gone] = story.state.notices.sent.values()
    assert gone.delivered_at is not None
    # Two days of delivery, no Sunday, no Monday: Tuesday 9 June at the earliest.
    assert gone.delivered_at >= dt.datetime(2026, 6, 9, tzinfo=dt.UTC)
    assert story.letter["claimable_at"] >= "2026-06-23T22:00:00Z"


def test_the_ledger_of_another_order_is_another_ledger() -> None:
    """The last ledger is kept for the same facts: an order of allocation is one of them."""
    state = _charged().pay(10_000, "2026-06-20T09:00:00+00:00").state
    assert state is not None
    assert compute(state).open == {"i1": 0, "fee-i1": 4_000}
    kept = state.receivables.model_copy(update={"allocation": (COSTS_FIRST,)})
    ordered = state.model_copy(update={"receivables": kept})
    assert compute(ordered).open == {"i1": 4_000, "fee-i1": 0}


def test_a_payment_that_settles_by_time_alone_ends_the_fee_where_policy_waives() -> None:
    """Provisional money for the bill: after five TARGET days it is paid, and the fee is waived."""
    story = FeeStory(charging(WIK, when_principal_is_paid="waive")).late().until_letter()
    story.delivered("2026-06-04T07:30:00+00:00").until(LAPSED)
    story.pay(10_000, "2026-06-19T09:00:00+00:00", provisional=True)
    assert story.amounts == [("claimed", 4_000)]
    story.wait(days=10)
    assert story.amounts == [("waived", 4_000)]


def test_a_row_keeps_a_bounded_number_of_letters() -> None:
    """Seventy bills, each paid within its fourteen days: the oldest letters give way."""
    story = FeeStory()
    story.customer()
    for number in range(KEPT_MAX + 5):
        due = story.now.date() - dt.timedelta(days=10)
        bill = f"bill-{number}"
        story.invoice(bill, 9_000, kind="purchase", payment_method="link", due_on=str(due))
        story.wait(days=2)
        story.payment(f"p-{number}", 9_000, received_at=story.now.isoformat())
    assert story.state is not None
    assert len(story.letters) == KEPT_MAX + 5
    assert len(story.state.receivables.letters) == KEPT_MAX
    assert len({one.message_id for one in story.letters}) == KEPT_MAX + 5
