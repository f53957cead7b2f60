"""Whatever is agreed, given up and paid in whatever order: nothing asks for what may not be."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.collections import rules as collections
from domain.collections.policy import CollectionsPolicy
from domain.collections.work import Work
from domain.compliance.nameable import nameable
from domain.events.outputs import MessageRequested
from tests.unit.arrangements.told import act
from tests.unit.collections.story import START, Story, eur
from tests.unit.compliance.packs import STRICT, living_in
from tests.unit.notices.test_answers import TELLING
from tests.unit.receivables.fee_story import WIK, charging

#: Fees and answers; in the United States validation notices as well.
POLICY = charging(WIK).model_copy(
    update={"contact": STRICT.contact, "delivery": TELLING.delivery, "plans": STRICT.plans}
)
_ASKING = frozenset(
    {
        "fourteen_day_letter",
        "validation_notice",
        "fee_claimed",
        "promise_broken",
        "instalment_due",
        "plan_late",
        "plan_broken",
    }
)
_ACTS = (
    "dispute", "answer", "hold", "lift", "promise", "plan", "hand_over", "write_off", "recall",
    "pay", "pay_back", "receipt", "look",
)  # fmt: skip
_STEPS = st.lists(
    st.tuples(st.sampled_from(_ACTS), st.integers(0, 11), st.integers(0, 200)), max_size=12
)


class Asked(Story):
    """Judges every message that asks for money at the moment at which it is asked for."""

    def __init__(self, policy: CollectionsPolicy) -> None:
        self.judged = 0
        super().__init__(START, policy)

    def live(self, what: str, n: int) -> None:
        ids = [["i1"], ["i2"], ["i1", "i2"]][n % 3]
        two = {"approved_by": "bert", "invoice_ids": ids}
        match what:
            case "promise":
                due_on = str(self.now.date() + dt.timedelta(days=1 + n))
                about = {"promise_id": f"q{self.count}", "amount": eur(3000), "due_on": due_on}
                act(self, "promise.made.v1", **about, **({"invoice_ids": ids} if n % 2 else {}))
            case "plan":
                self._plan(n, ids)
            case "hand_over":
                act(self, "debt.handed-over.v1", collector="acme", **two)
            case "write_off":
                act(self, "debt.written-off.v1", reason="small", **two)
            case "recall":
                act(self, "debt.recalled.v1")
            case "dispute" | "answer" | "hold" | "lift":
                self._object(what, n, ids)
            case _:
                self._hear(what, n)

    def _object(self, what: str, n: int, ids: list[str]) -> None:
        agreed = self.state.arrangements if self.state else None
        match what:
            case "dispute":
                act(self, "dispute.opened.v1", dispute_id=f"d{self.count}", invoice_ids=ids)
            case "hold":
                about = {"hold_id": f"h{self.count}", "kind": "complaint", "invoice_ids": ids}
                act(self, "hold.placed.v1", **about)
            case "answer":
                for key in agreed.disputes if agreed else ():
                    act(self, "dispute.answered.v1", dispute_id=key, upheld=n % 2 == 0)
            case "lift":
                for key in agreed.holds if agreed else ():
                    act(self, "hold.lifted.v1", hold_id=key)

    def _plan(self, n: int, ids: list[str]) -> None:
        days = [str(self.now.date() + dt.timedelta(days=5 + n + 14 * k)) for k in range(2)]
        parts = [{"due_on": day, "amount": eur(2000)} for day in days]
        about = {"plan_id": f"l{self.count}", "currency": "EUR", "invoice_ids": ids}
        act(self, "plan.agreed.v1", instalments=parts, **about)

    def _hear(self, what: str, n: int) -> None:
        match what:
            case "pay":
                minor = 1000 * (1 + n % 5)
                about = {"invoice_id": ["i1", "i2"][n % 2], "amount": eur(minor)}
                at = self.now.isoformat()
                more = {"received_at": at, "allocations": [about], "provisional": n % 7 == 6}
                self.payment(f"p{n % 4}", minor, **more)
            case "pay_back":
                self.reversal(f"p{n % 4}", 1000, reversed_at=self.now.isoformat())
            case "receipt":
                for one in self.messages()[-2:]:
                    kind = ["message.delivered.v1", "message.failed.v1"][n % 2]
                    self.receipt(kind, one.message_id, one.channel, at=self.now.isoformat())
            case "look":
                self.holds_looks = n % 2 == 0

    def _take(self, *outcome: Any) -> None:
        super()._take(*outcome)
        self._is_concluded()
        messages = self.messages()
        for message in messages[self.judged :]:
            if message.notice in _ASKING:
                self._judge(message)
        self.judged = max(len(messages), self.judged)

    def _is_concluded(self) -> None:
        """Doing it again adds nothing. (Letters learn a little later what became of them.)"""
        if self.state is not None and min(self.state.timers.values(), default=None) != self.now:
            state, effects = collections.conclude(Work(self.state, self.policy, self.now))
            assert effects == []
            kept = {"receivables": self.state.receivables}
            assert state.model_copy(update=kept) == self.state

    def _judge(self, message: MessageRequested) -> None:
        state = self.state
        assert state is not None
        assert state.profile is not None
        work = Work(state, self.policy, self.now)
        book = self.policy.contact.book(state.profile.facts.country, self.now.date())
        named, kind = message.invoice_ids, message.notice or ""
        assert named
        assert set(nameable(work, book, named, kind).invoice_ids) == set(named)
        assert not set(named) & state.case.given_up.keys()
        assert message.amount_due is not None
        assert message.amount_due.minor == sum(work.ledger.open[key] for key in named)
        assert message.last_look


@pytest.mark.parametrize("country", ["NL", "US"])
@given(steps=_STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_nothing_asks_for_what_may_not_be_asked_for(
    country: str, steps: list[tuple[str, int, int]]
) -> None:
    story = Asked(POLICY)
    story.customer(**living_in(country))
    for key, minor in (("i1", 5000), ("i2", 9000)):
        due = {"payment_method": "link", "kind": "purchase", "due_on": "2026-05-29"}
        story.invoice(key, minor, **due)
    for what, n, hours in steps:
        story.live(what, n)
        story.wait(hours=hours)
    story.holds_looks = False
    story.decide_looks().wait(days=40)
    ids = [one.message_id for one in story.messages()]
    assert len(ids) == len(set(ids))
