"""A call is made only about what a reminder could name now."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.collections.story import POLICY, Story
from tests.unit.compliance.packs import act, callable_now


def _debts(story: Story) -> dict[str, Any]:
    return {debt["invoice_id"]: debt for debt in callable_now(story)["debts"]}


@pytest.mark.parametrize(
    ("kind", "fields", "because"),
    [
        ("debt.handed-over.v1", {"collector": "acme"}, "handed_over"),
        ("debt.written-off.v1", {"reason": "small"}, "written_off"),
    ],
)
def test_nobody_is_called_about_what_was_given_up(
    kind: str, fields: dict[str, str], because: str
) -> None:
    story = Story().owing()
    act(story, kind, invoice_ids=["i1"], approved_by="bert", **fields)
    said = callable_now(story)
    assert said["allowed"] is False
    assert (said["because"], said["rule"]) == (because, "given_up")
    assert _debts(story)["i1"]["because"] == because
    act(story, "debt.recalled.v1")
    assert callable_now(story)["allowed"] is True


def test_nobody_is_called_about_what_is_not_due_or_was_not_tried() -> None:
    """A bill of next month, and a debit that has not failed."""
    story = Story().customer().invoice("i1", due_on="2026-05-01")
    story.invoice("i2", payment_method="link", due_on="2026-07-01")
    said = callable_now(story)
    assert (said["allowed"], said["debts"], said["because"]) == (False, [], "clear")
    story.failed("i1")
    said = callable_now(story)
    assert said["allowed"] is True
    assert list(_debts(story)) == ["i1"]
    story.wait(days=31)
    assert sorted(_debts(story)) == ["i1", "i2"]


def test_nobody_is_called_while_money_is_on_its_way() -> None:
    story = Story().owing().payment(minor=1000, provisional=True)
    said = callable_now(story)
    assert (said["allowed"], said["because"]) == (False, "provisional_payment")
    story.reversal(minor=1000)
    assert callable_now(story)["allowed"] is True


def test_nobody_is_called_about_what_is_too_little_to_be_chased() -> None:
    rules = POLICY.overdue.model_copy(update={"tolerance_minor": {"EUR": 5000}})
    story = Story(policy=POLICY.model_copy(update={"overdue": rules})).owing()
    assert story.reminders == []
    assert callable_now(story)["allowed"] is False
