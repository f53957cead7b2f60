"""Whatever is held, paid or given up: what makes a state worse may be asked for at that instant."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.arrangements.blocking import askable
from domain.collections import rules as collections
from domain.collections.work import Work
from domain.events.overdue import OverdueStateChanged, ServiceConsequence
from tests.unit.collections.story import POLICY, Story, eur
from tests.unit.overdue.test_held import act
from tests.unit.overdue.test_states import rules

_RULES = rules(
    {"name": "late", "when": {"days_min": 0}},
    {"name": "several", "when": {"items_min": 2, "days_min": 5}, "services": ["data"]},
    {"name": "reminded", "when": {"reminders_min": 2}, "services": ["data", "calls"]},
    {
        "name": "ignored",
        "when": {"days_min": 9, "since": "last_reminder"},
        "services": ["data", "calls", "all"],
    },
    tolerance_minor={"EUR": 100},
)
_POLICY = POLICY.model_copy(update={"overdue": _RULES})
_WHAT = ["invoice", "dispute", "answer", "hold", "lift", "promise", "pay", "give_up", "recall"]
_STEPS = st.lists(
    st.tuples(st.sampled_from(_WHAT), st.integers(0, 30), st.integers(0, 300)),
    min_size=2,
    max_size=10,
)


class InArrears(Story):
    """Each worse state is judged when it is published."""

    def _take(self, *outcome: Any) -> None:
        for one in outcome[1]:
            data = getattr(one, "data", None)
            is_worse = isinstance(data, OverdueStateChanged) and (
                _RULES.severity(data.state) > _RULES.severity(data.previous)
            )
            if is_worse or (isinstance(data, ServiceConsequence) and data.action == "apply"):
                work = Work(outcome[0], _POLICY, self.now)
                assert askable(work, data.invoice_ids), "nothing that it names may be asked for"
                assert askable(work, data.invoice_ids) == data.invoice_ids or not _is_held(work)
        super()._take(*outcome)


def _is_held(work: Work) -> bool:
    return len(askable(work, tuple(work.claims))) < len(work.claims)


def _live(story: Story, what: str, n: int) -> None:
    item = f"i{n % 3}"
    match what:
        case "invoice":
            due = (story.now.date() - dt.timedelta(days=n % 20)).isoformat()
            more = {"issued_on": "2026-05-01", "payment_method": "link"}
            story.invoice(item, 60 + 300 * (n % 4), due_on=due, **more)
        case "pay":
            part = [{"invoice_id": item, "amount": eur(40 + 100 * n)}]
            at = story.now.isoformat()
            story.payment(f"p{n}", 40 + 100 * n, received_at=at, allocations=part)
        case "promise":
            due = (story.now.date() + dt.timedelta(days=n)).isoformat()
            about = {"amount": eur(500), "due_on": due, "invoice_ids": [item]}
            act(story, "promise.made.v1", promise_id=f"pr{n}", **about)
        case _:
            _decide(story, what, n, item)


def _decide(story: Story, what: str, n: int, item: str) -> None:
    match what:
        case "dispute":
            act(story, "dispute.opened.v1", dispute_id=f"d{n % 4}", invoice_ids=[item])
        case "answer":
            act(story, "dispute.answered.v1", dispute_id=f"d{n % 4}", upheld=False)
        case "hold":
            act(story, "hold.placed.v1", hold_id=f"h{n % 4}", invoice_ids=[item])
        case "lift":
            act(story, "hold.lifted.v1", hold_id=f"h{n % 4}")
        case "give_up":
            fields = {"collector": "acme", "approved_by": "bob", "invoice_ids": [item]}
            act(story, "debt.handed-over.v1", **fields)
        case "recall":
            act(story, "debt.recalled.v1", invoice_ids=[item])


@given(steps=_STEPS)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_any_arrears(steps: list[tuple[str, int, int]]) -> None:
    """Nothing is restricted for what is held; the same call adds nothing; timers move on."""
    story = InArrears(policy=_POLICY).customer()
    story.invoice("i0", 3000, payment_method="link").invoice("i1", 500, payment_method="link")
    for what, n, hours in steps:
        _live(story, what, n)
        story.wait(hours=hours)
    assert story.state is not None
    state, more = collections.conclude(Work(story.state, _POLICY, story.now))
    assert more == []
    assert collections.conclude(Work(state, _POLICY, story.now)) == (state, [])
