"""Whatever comes in whatever order: the contract holds, and a revision is decided once."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import acceptance as rules
from domain.acceptance import (
    CheckAnswer,
    ChecksRequested,
    HistoryRequested,
    OwnHistory,
)
from domain.effects import Effect, Publish
from domain.events.outputs import DecisionMade
from tests.unit.acceptance.scenario import Driver, decision_in, request_in, said

PROVIDERS = ("bkr", "experian", "infoscore")
SCORES = st.integers(0, 1000) | st.sampled_from([0, 199, 200, 201, 399, 400, 401, 1000])
MORE = st.lists(st.sampled_from(["arrears_elsewhere", "bankruptcy"]), max_size=2).map(tuple)


@st.composite
def answers(draw: st.DrawFn) -> tuple[CheckAnswer, ...]:
    return tuple(draw(_answer(provider)) for provider in PROVIDERS)


@st.composite
def _answer(draw: st.DrawFn, provider: str) -> CheckAnswer:
    status = draw(st.sampled_from(["hit", "hit", "hit", "no_hit", "timeout", "error", "skipped"]))
    if status != "hit":
        return said(provider, status=status)
    return said(
        provider,
        draw(st.none() | SCORES),
        status="hit",
        fraud=draw(st.integers(0, 9)) == 0,
        findings=draw(MORE),
        cached=draw(st.booleans()),
    )


HISTORIES = st.builds(
    OwnHistory,
    known=st.booleans(),
    overdue_minor_by_currency=st.dictionaries(
        st.sampled_from(["EUR", "GBP"]), st.integers(0, 3), max_size=2
    ),
)


def expected(given_answers: tuple[CheckAnswer, ...], own: OwnHistory) -> tuple[str, str]:
    """The contract's paragraph, written down a second time."""
    scores = [one.score for one in given_answers if one.score is not None]
    if any(one.fraud for one in given_answers):
        return "reject", "red"
    if scores and min(scores) < 200:
        return "reject", "red"
    if own.known and any(own.overdue_minor_by_currency.values()):
        return "refer", "amber"
    if any(one.status in {"timeout", "error", "skipped"} for one in given_answers) or not scores:
        return "refer", "amber"
    return ("refer", "amber") if min(scores) <= 400 else ("accept", "green")


@settings(deadline=None)
@given(answers(), HISTORIES)
def test_the_starting_policy_is_the_contracts_paragraph(
    given_answers: tuple[CheckAnswer, ...], own: OwnHistory
) -> None:
    driver = Driver()
    driver.own = own
    decision = decision_in(driver.answer(request_in(driver.submit()), *given_answers))
    assert (decision.outcome, decision.light) == expected(given_answers, own)
    silent = any(one.status in {"timeout", "error", "skipped"} for one in given_answers)
    if silent:
        assert decision.degraded
    assert 1 <= len(decision.reasons) <= 5
    scores = [one.score for one in given_answers if one.score is not None]
    assert decision.score == (min(scores) if scores else None)


class World:
    """Plays random steps; keeps every question that was asked, to answer it late or twice."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.asked: list[ChecksRequested] = []
        self.asked_history: list[HistoryRequested] = []
        self.decisions: list[DecisionMade] = []
        self.withdrawn_after: int | None = None

    def take(self, effects: list[Effect]) -> None:
        for effect in effects:
            if not isinstance(effect, Publish):
                continue
            if isinstance(effect.data, ChecksRequested):
                self.asked.append(effect.data)
            elif isinstance(effect.data, HistoryRequested):
                self.asked_history.append(effect.data)
            elif isinstance(effect.data, DecisionMade):
                self.decisions.append(effect.data)

    def step(self, kind: str, which: int, answered: tuple[CheckAnswer, ...]) -> None:
        driver = self.driver
        patches: list[dict[str, Any]] = [
            {"channel": "shop"},
            {"household": None},
            {"applicant": {"email": None}},
            {"applicant": {"email": "x@example.org"}},
            {"product": {"kind": "energy"}},
            {"attributes": {"meter_number": "1"}},
            {"customer_id": "C-2"},
            {"product": {"kind": "yacht"}},
        ]
        if kind == "submit":
            self.take(driver.submit())
        elif kind == "amend":
            self.take(driver.amend(**patches[which % len(patches)]))
        elif kind == "withdraw":
            self.take(driver.withdraw())
        elif kind == "checks" and self.asked:
            self.take(driver.answer(self.asked[which % len(self.asked)], *answered))
        elif kind == "history" and self.asked_history:
            asked = self.asked_history[which % len(self.asked_history)]
            data = rules.answer_history(asked, OwnHistory(known=True)).data
            assert isinstance(data, rules.HistoryAnswered)
            driver.state, effects = rules.on_history(driver.state, data, driver.policy, driver.now)
            self.take(effects)


STEPS = st.tuples(
    st.sampled_from(
        ["submit", "amend", "amend", "checks", "checks", "checks", "history", "withdraw"]
    ),
    st.integers(0, 40),
    answers(),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(STEPS, max_size=14))
def test_any_sequence_decides_each_revision_at_most_once(
    steps: list[tuple[str, int, tuple[CheckAnswer, ...]]],
) -> None:
    world = World()
    for kind, which, answered in steps:
        before = len(world.decisions)
        withdrawn = world.driver.state is not None and world.driver.state.status == "withdrawn"
        world.step(kind, which, answered)
        if withdrawn:
            assert len(world.decisions) == before
    ids = [decision.decision_id for decision in world.decisions]
    assert len(set(ids)) == len(ids)
    state = world.driver.state
    if state is None:
        assert not world.decisions
        return
    assert [made.decision for made in state.decisions] == world.decisions
    revisions = [made.revision for made in state.decisions]
    assert revisions == sorted(set(revisions))
    for decision in world.decisions:
        if decision.outcome == "accept":
            assert {check.status for check in decision.checks} <= {"hit", "no_hit", "cached"}
            assert not decision.missing
    if state.status in {"decided", "rework"}:
        assert revisions[-1] == state.revision
