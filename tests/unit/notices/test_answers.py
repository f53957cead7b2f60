"""Decisions that customers are told of, where the rules say so."""

from __future__ import annotations

from typing import Any, get_args

from domain.notices.policy import Answer
from tests.unit.collections.story import POLICY, Story

_RULES = POLICY.delivery.model_copy(update={"answers": get_args(Answer)})
TELLING = POLICY.model_copy(update={"delivery": _RULES})
_SAID = {"customer_id": "c1", "at": "2026-06-01T09:00:00Z", "by": "anna"}


def _act(story: Story, kind: str, **fields: Any) -> Story:
    return story.tell(kind, _SAID | fields)


def _told(story: Story) -> list[str | None]:
    return [one.notice for one in story.messages() if one.kind in {"notice", "plan"}]


def _owing(policy: Any = TELLING) -> Story:
    return Story(policy=policy).customer().invoice(payment_method="link", due_on="2026-05-29")


def _disputed(story: Story, *, upheld: bool) -> Story:
    _act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1"])
    return _act(story, "dispute.answered.v1", dispute_id="d1", upheld=upheld)


def test_a_dispute_is_answered_once_with_what_was_found() -> None:
    story = _disputed(_owing(), upheld=False)
    assert _told(story) == ["dispute_rejected"]
    story.wait(days=20)
    assert _told(story) == ["dispute_rejected"]
    assert _told(_disputed(_owing(), upheld=True)) == ["dispute_upheld"]


def test_a_broken_promise_is_told_of() -> None:
    story = _owing()
    promise = {"promise_id": "p1", "amount": {"minor": 4999, "currency": "EUR"}}
    _act(story, "promise.made.v1", due_on="2026-06-05", **promise)
    story.wait(days=10)
    assert _told(story) == ["promise_broken"]


def test_who_is_flagged_or_has_made_another_agreement_is_not_asked() -> None:
    """Of a broken promise: it asks for money, so what holds a reminder holds it."""
    promise = {"promise_id": "p1", "amount": {"minor": 4999, "currency": "EUR"}}
    for is_flagged in (True, False):
        story = _owing()
        _act(story, "promise.made.v1", due_on="2026-06-05", **promise)
        story.wait(days=1)
        if is_flagged:
            story.customer(flags=["dispute"])
        else:
            _act(story, "hold.placed.v1", hold_id="h1", invoice_ids=["i1"])
        story.wait(days=10)
        assert story.published("promise.broken.v1")
        assert _told(story) == []


def test_a_hand_over_names_the_collector() -> None:
    story = _act(_owing(), "debt.handed-over.v1", collector="Collect B.V.", approved_by="ben")
    assert _told(story) == ["handed_over"]
    assert "Collect B.V." in story.messages()[-1].body


def test_as_the_product_starts_nobody_is_told() -> None:
    story = _disputed(_owing(POLICY), upheld=False)
    _act(story, "debt.handed-over.v1", collector="Collect B.V.", approved_by="ben")
    assert _told(story) == []
