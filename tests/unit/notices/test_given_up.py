"""What was written off or handed over is asked for by us in no notice, whatever was agreed."""

from __future__ import annotations

import pytest

from tests.unit.arrangements.told import act
from tests.unit.collections.story import START, Story, eur
from tests.unit.notices.owner import asking, owing_two
from tests.unit.notices.test_answers import TELLING

_GIVEN_UP = [
    ("debt.handed-over.v1", {"collector": "acme"}, "handed_over"),
    ("debt.written-off.v1", {"reason": "small"}, "written_off"),
]


def _give_up(story: Story, *invoice_ids: str, kind: str = "debt.handed-over.v1") -> Story:
    more = {"collector": "acme"} if kind == "debt.handed-over.v1" else {"reason": "small"}
    return act(story, kind, invoice_ids=list(invoice_ids), approved_by="bert", **more)


@pytest.mark.parametrize(("kind", "more", "because"), _GIVEN_UP)
def test_a_notice_asks_for_nothing_that_was_given_up_and_goes_out_after_its_recall(
    kind: str, more: dict[str, str], because: str
) -> None:
    story = owing_two()
    act(story, kind, invoice_ids=["i1", "i2"], approved_by="bert", **more)
    asking(story).again()
    assert story.notices == []
    assert story.not_sent[-1] == because
    assert story.state is not None
    assert story.state.not_sent[-1].rule == "given_up"
    act(story, "debt.recalled.v1", invoice_ids=["i1", "i2"])
    assert story.messages()[-1].invoice_ids == ("i1", "i2")


def test_of_two_debts_the_one_given_up_is_left_out() -> None:
    story = owing_two()
    _give_up(story, "i1")
    asking(story)
    message = story.messages()[-1]
    assert message.invoice_ids == ("i2",)
    assert message.amount_due is not None
    assert message.amount_due.minor == 50
    assert "30,00" not in message.body


def test_paid_and_given_up_leave_nothing_to_ask_for() -> None:
    story = owing_two()
    _give_up(story, "i1")
    allocations = [{"invoice_id": "i2", "amount": eur(50)}]
    story.payment(minor=50, allocations=allocations)
    asking(story)
    assert story.notices == []


@pytest.mark.parametrize("kind", ["plan_late", "plan_broken", "instalment_due"])
def test_notices_of_a_plan_do_not_ask_for_what_a_collector_has(kind: str) -> None:
    """Whatever becomes of the plan: its figures would ask for what the collector asks for."""
    story = owing_two()
    _give_up(story, "i1")
    values = {"plan": "q1", "total": "30,50", "paid": "0,00", "rest": "30,50", "schedule": ""}
    more = {"number": "1", "of": "3", "day": "1 juli", "sum": "30,50"}
    story.owe(
        kind=kind,
        purpose="collection",
        asks_for_money=True,
        invoice_ids=("i1", "i2"),
        values=values | more,
    )
    assert story.messages("plan") == []
    assert story.not_sent[-1] == "handed_over"


def test_a_broken_promise_names_only_what_may_be_asked_for_now() -> None:
    """Without invoices it speaks of what is due: not of December, nor of what a collector has."""
    story = Story(START, TELLING).customer()
    story.invoice("i1", 30_000, payment_method="link", due_on="2026-05-29")
    story.invoice("i2", 4999, payment_method="link", due_on="2026-12-01")
    story.invoice("i3", 42_000, payment_method="link", due_on="2026-05-29")
    story.invoice("i4", 1000, payment_method="link", due_on="2019-05-29", issued_on="2019-05-01")
    _give_up(story, "i3")
    act(story, "promise.made.v1", promise_id="p1", due_on="2026-06-05", amount=eur(30_000))
    story.wait(days=10)
    [told] = [one for one in story.messages() if one.notice == "promise_broken"]
    assert told.invoice_ids == ("i1",)
    assert told.amount_due is not None
    assert told.amount_due.minor == 30_000


def test_a_broken_promise_about_nothing_that_is_due_asks_for_nothing() -> None:
    story = Story(START, TELLING).customer()
    story.invoice("i2", 4999, payment_method="link", due_on="2026-12-01")
    promise = {"promise_id": "p1", "amount": eur(4999), "invoice_ids": ["i2"]}
    act(story, "promise.made.v1", due_on="2026-06-05", **promise)
    story.wait(days=10)
    assert story.published("promise.broken.v1")
    assert [one.notice for one in story.messages()] == []


def test_the_answer_to_a_dispute_asks_for_nothing_that_was_given_up() -> None:
    story = Story(START, TELLING).customer()
    story.invoice("i1", payment_method="link").invoice("i2", payment_method="link")
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1", "i2"])
    act(story, "dispute.opened.v1", dispute_id="d2", invoice_ids=["i1"])
    _give_up(story, "i1")
    for key in ("d1", "d2"):
        act(story, "dispute.answered.v1", dispute_id=key, upheld=False)
    told = [one.invoice_ids for one in story.messages() if one.notice == "dispute_rejected"]
    assert told == [("i2",)]


def test_an_answer_that_waits_for_the_morning_leaves_out_what_was_given_up_in_the_night() -> None:
    story = Story(START, TELLING).customer()
    story.invoice("i1", payment_method="link").invoice("i2", payment_method="link")
    for key in ("i1", "i2"):
        act(story, "dispute.opened.v1", dispute_id=f"d-{key}", invoice_ids=[key])
    act(story, "dispute.opened.v1", dispute_id="d", invoice_ids=["i1", "i2"])
    story.wait(hours=12)
    for key in ("d-i1", "d-i2", "d"):
        act(story, "dispute.answered.v1", dispute_id=key, upheld=False)
    _give_up(story, "i1")
    story.wait(hours=12)
    told = [one.invoice_ids for one in story.messages() if one.notice == "dispute_rejected"]
    assert told == [("i2",), ("i2",)]
