"""Whatever is agreed, in any order: nothing blocked is named, nothing said twice, nothing stuck."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.arrangements.blocking import askable
from domain.arrangements.pauses import running_pause
from domain.collections import rules as collections
from domain.collections.ledger import compute
from domain.collections.work import Work
from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import CUSTOMER, POLICY, Story, eur

_WHAT = [
    "promise",
    "plan",
    "pause",
    "end_pause",
    "hold",
    "lift",
    "dispute",
    "answer",
    "pay",
    "back",
    "give_up",
    "recall",
]
_STEPS = st.lists(
    st.tuples(st.sampled_from(_WHAT), st.integers(0, 50), st.integers(0, 400)),
    min_size=2,
    max_size=10,
)


class Agreeing(Story):
    """A story whose every reminder is judged when it is asked for."""

    def _take(self, *outcome: Any) -> None:
        sent = len(self.reminders)
        super()._take(*outcome)
        for message in self.reminders[sent:]:
            assert self.state is not None
            work = Work(self.state, POLICY, self.now)
            assert askable(work, message.invoice_ids) == message.invoice_ids
            assert not set(message.invoice_ids) & set(self.state.case.given_up)
            assert running_pause(self.state, self.now) is None


def _day(story: Story, ahead: int) -> str:
    return (story.now.date() + dt.timedelta(days=ahead)).isoformat()


def _live(story: Story, what: str, n: int) -> None:
    """One thing that happens; `n` picks which."""
    ids = [None, ["i1"], ["i2"]][n % 3]
    if what in {"pay", "back"}:
        _money(story, what, n)
    elif what in {"give_up", "recall"}:
        about = {"invoice_ids": ids} if ids else {}
        if what == "give_up":
            act(story, "debt.handed-over.v1", collector="acme", approved_by="bob", **about)
        else:
            act(story, "debt.recalled.v1", **about)
    else:
        _agree(story, what, n, ids)


def _money(story: Story, what: str, n: int) -> None:
    if what == "pay":
        pay(story, f"p{n}", 1 + n * 150, method="transfer", provisional=n % 4 == 0)
    else:
        story.reversal(f"p{n}", 1 + n * 100)


def _agree(story: Story, what: str, n: int, ids: list[str] | None) -> None:
    about = {"invoice_ids": ids} if ids else {}
    match what:
        case "promise":
            money = {"amount": eur(1 + n * 100), "due_on": _day(story, n % 20)}
            act(story, "promise.made.v1", promise_id=f"pr{n}", **money, **about)
        case "plan":
            parts = [
                {"due_on": _day(story, 5 + 9 * k), "amount": eur(700)} for k in range(1 + n % 4)
            ]
            named = {"plan_id": f"pl{n}", "currency": "EUR", "invoice_ids": ids or ["i1", "i2"]}
            act(story, "plan.agreed.v1", instalments=parts, **named)
        case "pause":
            span = {"from": _day(story, n % 9 - 4), **({"until": _day(story, n)} if n % 3 else {})}
            act(story, "hardship.granted.v1", hardship_id=f"h{n % 4}", kind="forbearance", **span)
        case "end_pause":
            on = _day(story, n % 5 - 2)
            act(story, "hardship.ended.v1", hardship_id=f"h{n % 4}", ended_on=on)
        case "hold":
            until = {"until": _day(story, n)} if n % 2 else {}
            act(story, "hold.placed.v1", hold_id=f"o{n}", **about, **until)
        case "lift":
            act(story, "hold.lifted.v1", hold_id=f"o{n}")
        case "dispute":
            act(story, "dispute.opened.v1", dispute_id=f"d{n % 4}", **about)
        case "answer":
            act(story, "dispute.answered.v1", dispute_id=f"d{n % 4}", upheld=n % 5 == 0)


@given(steps=_STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_any_agreement(steps: list[tuple[str, int, int]]) -> None:
    """No reminder names what is blocked; ids are never used twice; the same call adds nothing."""
    story = owing_two(Agreeing())
    for what, n, hours in steps:
        _live(story, what, n)
        story.wait(hours=hours)
    story.wait(days=3)
    ids = [one.event_id for kind in set(said(story)) for one in story.published(kind)]
    assert len(ids) == len(set(ids))
    state = story.state
    assert state is not None
    state, more = collections.conclude(Work(state, POLICY, story.now))
    assert more == []
    assert collections.conclude(Work(state, POLICY, story.now)) == (state, [])
    asked_for = {key for key, minor in compute(state).open.items() if minor}
    for plan in state.arrangements.plans.values():
        if plan.state in {"running", "late"} and asked_for & set(plan.facts.invoice_ids):
            assert asked_for & set(plan.about), "what it asks for was given up"


@given(steps=_STEPS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_nothing_agreed_is_stuck(steps: list[tuple[str, int, int]]) -> None:
    """With every obstacle gone, what is open is on its way or fully reminded."""
    story = owing_two(Agreeing())
    for what, n, hours in steps:
        _live(story, what, n)
        story.wait(hours=hours)
    story.wait(days=40)
    assert story.state is not None
    agreed = story.state.arrangements
    act(story, "debt.recalled.v1")
    for key in agreed.holds:
        act(story, "hold.lifted.v1", hold_id=key)
    for key in agreed.plans:
        act(story, "plan.cancelled.v1", plan_id=key)
    for key in agreed.hardships:
        act(story, "hardship.ended.v1", hardship_id=key, ended_on=story.now.date().isoformat())
    story.wait(hours=1)
    for key in agreed.disputes:
        act(story, "dispute.answered.v1", dispute_id=key, upheld=False)
    story.wait(days=60)
    assert story.state.customer_id == CUSTOMER
    for chase in story.state.chases.values():
        assert chase.step is None, "three reminders were sent, and none waits"
