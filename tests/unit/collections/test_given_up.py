"""Debts written off, handed over or time-barred are asked for in no message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.collections.story import CUSTOMER, Story, eur


def _act(story: Story, kind: str, **fields: Any) -> Story:
    told = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "ann"}
    return story.tell(kind, told | fields)


def _paying(invoice_id: str, minor: int) -> dict[str, Any]:
    allocations = [{"invoice_id": invoice_id, "amount": eur(minor)}]
    return {"minor": minor, "allocations": allocations}


def _is_thanked_and_asked_for_nothing(story: Story) -> None:
    [thanks] = story.thanks
    assert thanks.invoice_ids == ("i1",)
    assert thanks.amount_due is not None
    assert thanks.amount_due.minor == 0
    assert thanks.payment_link is None
    # What is open may be asked for by a collector: "nothing is due" would be wrong.
    assert "binnen" in thanks.body
    assert "hoeft" not in thanks.body


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("debt.written-off.v1", {"reason": "small"}), ("debt.handed-over.v1", {"collector": "acme"})],
)
def test_a_thank_you_does_not_ask_for_the_rest_of_a_debt_given_up(
    kind: str, fields: dict[str, str]
) -> None:
    """A part of it is paid all the same: thanked for, and no more."""
    story = Story().owing()
    _act(story, kind, invoice_ids=["i1"], approved_by="bob", **fields)
    _is_thanked_and_asked_for_nothing(story.payment(**_paying("i1", 1000)))


def test_a_thank_you_does_not_ask_for_the_rest_of_a_time_barred_debt() -> None:
    """Due in March 2020 in the Netherlands: five years are over."""
    story = Story().customer()
    story.invoice(due_on="2020-03-01", issued_on="2020-03-01", payment_method="link")
    _is_thanked_and_asked_for_nothing(story.payment(**_paying("i1", 1000)))


@pytest.mark.parametrize("is_given_up_first", [True, False])
def test_a_reminder_is_withdrawn_when_nothing_in_it_may_be_asked_for(
    *, is_given_up_first: bool
) -> None:
    """Of its two items one is with a collector, the other promised."""
    story = Story()
    story.holds_looks = True
    story.customer().invoice("i1").invoice("i2").failed("i1").failed("i2").decide_looks()
    [reminder] = story.reminders
    assert reminder.invoice_ids == ("i1", "i2")
    given_up = {"invoice_ids": ["i1"], "collector": "acme", "approved_by": "bob"}
    promised = {"promise_id": "q1", "amount": eur(4999), "due_on": "2026-06-10"}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("debt.handed-over.v1", given_up),
        ("promise.made.v1", promised | {"invoice_ids": ["i2"]}),
    ]
    for kind, fields in acts if is_given_up_first else reversed(acts):
        assert story.withdrawn == []
        _act(story, kind, **fields)
    assert story.withdrawn == [reminder.message_id]
    assert story.not_sent[-1] == "withdrawn:promise"
