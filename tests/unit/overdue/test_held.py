"""What may not be asked for makes no state worse, whatever else there is to ask for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.events.overdue import OverdueStateChanged, ServiceConsequence
from tests.unit.collections.story import CUSTOMER, Story, credit, eur
from tests.unit.overdue.test_states import rules, with_rules

SUSPENDING = rules(
    {"name": "late", "when": {"days_min": 0}},
    {
        "name": "suspended",
        "when": {"days_min": 30},
        "services": ["suspend"],
        "notices": ["debt_advice"],
    },
    {"name": "lost", "when": {"days_min": 60}, "services": ["suspend", "data"]},
)
#: Ways to agree on the first invoice alone.
_AGREED = [
    ("dispute.opened.v1", {"dispute_id": "d1"}),
    ("hold.placed.v1", {"hold_id": "h1"}),
    ("promise.made.v1", {"promise_id": "pr1", "amount": eur(300_000), "due_on": "2026-07-01"}),
]


def act(story: Story, kind: str, **data: Any) -> Story:
    """An action now."""
    about = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "ann"}
    return story.tell(kind, about | data)


def held(kind: str = "dispute.opened.v1", **fields: Any) -> Story:
    """3,000 EUR due on 29 May and held since; five euros fall due on 22 June."""
    story = with_rules(SUSPENDING).customer().invoice("i1", 300_000, payment_method="link")
    fields = fields or {"dispute_id": "d1"}
    act(story, kind, invoice_ids=["i1"], **fields)
    return story.invoice("i2", 500, payment_method="link", due_on="2026-06-22")


def changes(story: Story) -> list[OverdueStateChanged]:
    found = [one.data for one in story.published("overdue-state.changed.v1")]
    return [one for one in found if isinstance(one, OverdueStateChanged)]


def restricted(story: Story) -> list[ServiceConsequence]:
    found = [one.data for one in story.published("service.consequence.v1")]
    return [one for one in found if isinstance(one, ServiceConsequence)]


@pytest.mark.parametrize(("kind", "fields"), _AGREED)
def test_five_free_euros_cut_nobody_off_for_a_debt_that_is_held(
    kind: str, fields: dict[str, Any]
) -> None:
    """The state stays; what is free makes it worse on its own days, and is named alone."""
    story = held(kind, **fields).until(dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC))
    assert [one.state for one in changes(story)] == ["late"]
    assert restricted(story) == []


def test_what_is_free_makes_it_worse_on_its_own_days() -> None:
    """Five euros, 30 days after 22 June: the events and the notice are about them alone."""
    story = held().wait(days=70)
    worse = changes(story)[-1]
    assert (worse.state, worse.days_past_due) == ("suspended", 30)
    assert worse.at == dt.datetime(2026, 7, 21, 22, tzinfo=dt.UTC)
    assert [money.minor for money in worse.open] == [500]
    assert worse.invoice_ids == ("i2",)
    assert [(one.action, one.invoice_ids) for one in restricted(story)] == [("apply", ("i2",))]
    assert story.state is not None
    notices = story.state.notices
    assert [key for key in (*notices.owed, *notices.sent) if key.startswith("debt_advice")]
    assert all(one.invoice_ids == ("i2",) for one in story.messages("debt_advice"))


def test_an_answer_that_rejects_the_dispute_lets_the_whole_count() -> None:
    """The worst state of all facts, at once."""
    story = held().wait(days=65)
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    assert changes(story)[-1].state == "lost"
    assert changes(story)[-1].invoice_ids == ("i1", "i2")


def test_who_pays_what_is_free_gets_back_what_it_cost() -> None:
    """What is held goes on counting for as much as it did when it was held, and no more."""
    story = held().wait(days=55)
    assert [one.action for one in restricted(story)] == ["apply"]
    part = {"invoice_id": "i2", "amount": eur(500)}
    story.payment("p1", 500, allocations=[part])
    assert [one.action for one in restricted(story)] == ["apply", "lift"]
    assert [one.state for one in changes(story)] == ["late", "suspended", "late"]
    story.wait(days=60)
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    assert changes(story)[-1].state == "lost"


def test_a_state_gets_better_while_all_is_held() -> None:
    """The service that was restricted before the dispute stays so until the debt is gone."""
    story = with_rules(SUSPENDING).customer().invoice("i1", 300_000, payment_method="link")
    act(story.wait(days=40), "dispute.opened.v1", dispute_id="d1")
    story.wait(days=40)
    assert [one.state for one in changes(story)] == ["late", "suspended"]
    story.tell("invoice.credited.v1", credit("i1", 300_000))
    assert [one.action for one in restricted(story)] == ["apply", "lift"]


def test_a_debt_within_the_tolerance_makes_nothing_worse_beside_one_that_is_held() -> None:
    """Free are three cents, which policy tolerates."""
    tolerant = SUSPENDING.model_copy(update={"tolerance_minor": {"EUR": 3}})
    story = with_rules(tolerant).customer().invoice("i1", 300_000, payment_method="link")
    act(story, "dispute.opened.v1", invoice_ids=["i1"], dispute_id="d1")
    story.invoice("i2", 3, payment_method="link").wait(days=100)
    assert [one.state for one in changes(story)] == ["late"]
