"""Events too early, twice, or in contradiction: each has one outcome."""

from __future__ import annotations

import datetime as dt

from domain.collections import rules as collections
from domain.effects import RefuseWaiting
from tests.unit.collections.story import START, Story, customer, eur, failed, invoice, payment


def test_failed_debit_before_its_invoice_waits_for_it() -> None:
    story = Story().customer().failed().wait(days=3)
    assert story.messages() == []
    story.invoice()
    assert len(story.reminders) == 1
    assert story.reminders[0].caused_by == "e2"
    assert story.view["waiting"] == []


def test_everything_before_the_customer_waits() -> None:
    story = Story().failed().invoice().wait(days=2)
    assert story.messages() == []
    assert [early["needs"] for early in story.view["waiting"]] == [["customer"], ["customer"]]
    story.customer()
    assert len(story.reminders) == 1


def test_orphans_are_given_up_as_they_came() -> None:
    story = Story().customer().failed().wait(days=29)
    assert story.refused == []
    story.wait(days=2)
    [refusal] = [one for one in story.effects if isinstance(one, RefuseWaiting)]
    assert (refusal.raw, refusal.reason) == ("raw of e2", "orphan")
    story.invoice()
    assert story.reminders == []


def test_an_orphan_may_be_sent_again() -> None:
    story = Story().customer()
    story.tell("direct-debit.failed.v1", failed(), ce_id="same").wait(days=31)
    story.invoice().tell("direct-debit.failed.v1", failed(), ce_id="same")
    assert len(story.reminders) == 1


def test_money_of_an_orphan_stays_as_credit() -> None:
    story = Story().customer().invoice("i2", payment_method="link", due_on="2026-08-01")
    story.payment(allocations=[{"invoice_id": "i1", "amount": eur(4999)}])
    assert story.view["balance"] == [eur(4999)]
    assert story.view["credit"] == [eur(4999)]
    story.wait(days=31)
    assert story.refused == ["orphan"]
    assert story.view["balance"] == []


def test_payment_before_its_invoice_pays_it() -> None:
    story = Story().customer().payment().invoice(payment_method="link").wait(days=30)
    assert story.view["balance"] == []
    assert story.reminders == []


def test_reversal_before_its_payment() -> None:
    story = Story().customer().invoice().failed().reversal(minor=1000).payment()
    assert story.view["balance"] == [eur(1000)]


def test_the_same_content_under_another_id_changes_nothing() -> None:
    story = Story().customer().invoice().failed()
    before = story.state
    story.tell("invoice.issued.v1", invoice(), ce_id="again")
    story.tell("direct-debit.failed.v1", failed(), ce_id="again too")
    assert before is not None
    assert story.state is not None
    assert story.state.invoices == before.invoices
    assert len(story.reminders) == 1
    assert story.refused == []


def test_other_content_under_a_known_id_is_a_conflict() -> None:
    story = Story().customer().invoice().failed().payment()
    before = story.state
    story.invoice(minor=1).failed(code="MS02").payment(minor=1)
    assert story.refused == ["conflict"] * 3
    assert story.state == before


def test_identity_is_source_and_id() -> None:
    story = Story().customer().invoice().failed()
    story.tell("payment.received.v1", payment("p1", 1000), ce_id="x", source="a")
    story.tell("payment.received.v1", payment("p2", 1000), ce_id="x", source="a")
    story.tell("payment.received.v1", payment("p3", 1000), ce_id="x", source="b")
    assert story.view["balance"] == [eur(2999)]


def test_identities_are_forgotten_after_a_month_business_ids_never() -> None:
    story = Story(START).customer().invoice()
    story.tell("payment.received.v1", payment("p1", 1000), ce_id="old")
    story.wait(days=40).tell("customer.updated.v1", customer())
    assert story.state is not None
    assert len(story.state.seen) == 1
    story.tell("payment.received.v1", payment("p1", 1000), ce_id="old")
    assert story.view["balance"] == [eur(3999)]
    assert story.refused == []


def test_another_currency_is_credit() -> None:
    story = Story().customer().invoice().failed().payment(amount=eur(4999, "GBP"))
    assert story.view["balance"] == [eur(4999)]
    assert story.view["credit"] == [eur(4999, "GBP")]
    assert story.thanks == []


def test_overpayment_pays_later_invoices() -> None:
    story = Story().customer().invoice().failed().payment(minor=6000)
    assert story.view["credit"] == [eur(1001)]
    story.invoice("i2", 3000, payment_method="link", due_on="2026-06-20")
    assert story.view["balance"] == [eur(1999)]
    assert len(story.thanks) == 1


def test_allocations_are_followed() -> None:
    story = Story().customer().invoice(due_on="2026-05-01").invoice("i2", 3000)
    story.payment(minor=3000, allocations=[{"invoice_id": "i2", "amount": eur(3000)}])
    assert [one["invoice_id"] for one in story.view["open"]] == ["i1"]


def test_a_row_bounds_what_waits() -> None:
    limits = Story().policy.limits.model_copy(update={"waiting_max": 2})
    story = Story(policy=Story().policy.model_copy(update={"limits": limits}))
    for number in range(4):
        story.invoice(f"i{number}")
    assert story.refused == ["too_many_waiting"] * 2
    story.customer()
    assert story.view["balance"] == [eur(2 * 4999)]


def test_a_timer_that_the_row_no_longer_names_changes_nothing() -> None:
    story = Story().owing()
    assert story.state is not None
    due = story.state.timers["step|EUR"]
    story.payment()
    assert story.state is not None
    later = due + dt.timedelta(days=1)
    assert collections.fire(story.state, "step|EUR", due, story.policy, later) == (story.state, [])


def test_a_row_bounds_its_facts() -> None:
    limits = Story().policy.limits.model_copy(update={"facts_max": 2})
    story = Story(policy=Story().policy.model_copy(update={"limits": limits}))
    story.customer().invoice("i1").invoice("i2").invoice("i3")
    assert story.refused == ["row_full"]
    assert story.view["balance"] == [eur(2 * 4999)]


def test_sums_may_exceed_what_one_invoice_may() -> None:
    story = Story().customer().invoice("i1", 10**15).failed().invoice("i2", 10**15).failed("i2")
    story.wait(days=8)
    assert story.reminders[-1].amount_due is not None
    assert story.reminders[-1].amount_due.minor == 2 * 10**15


def test_a_foreign_reversal_has_the_same_end_in_both_orders() -> None:
    after = Story().customer().payment().reversal(amount=eur(1, "GBP"))
    before = Story().customer().reversal(amount=eur(1, "GBP")).payment()
    assert after.refused == before.refused == ["conflict"]
