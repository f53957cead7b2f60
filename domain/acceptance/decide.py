"""Making the decision of a revision: facts, the table's row, reasons, the event."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid5

from domain.acceptance.facts import facts_of
from domain.acceptance.policy import AcceptancePolicy, Then
from domain.acceptance.state import ApplicationState, Decided, Fact, Status
from domain.effects import Effect, Publish
from domain.events.outputs import DecisionMade, Reason
from domain.policy.conditions import Value
from domain.policy.reasons import HUMAN_REVIEW, PRINCIPAL_MAX, reason

DECISIONS_TOPIC = "decisions"
DECISION_MADE = "decision.made.v1"
#: Names our deterministic ids; a constant for ever.
NAMESPACE = UUID("6f0c3b1e-54a8-5d0e-9a3a-2b1d6c1a7e55")


def deterministic_id(what: str, *parts: str | int) -> str:
    """The same parts give the same id: a rerun repeats an event instead of adding one."""
    # No text that comes in holds U+0000, so other parts never make the same name.
    return str(uuid5(NAMESPACE, "\0".join((what, *map(str, parts)))))


def revision_id(what: str, state: ApplicationState) -> str:
    """The id of something that the present revision has one of.

    The key is a part of it: the same application id sent under two customers lies in two
    partitions that know nothing of each other. Each is an application of its own; were their
    ids equal, a reader would drop one decision, and a bureau answer for the wrong person.
    """
    return deterministic_id(what, state.key, state.application_id, state.revision)


def decide(
    state: ApplicationState, policy: AcceptancePolicy, now: dt.datetime
) -> tuple[ApplicationState, list[Effect]]:
    """Decide the present revision on what is known of it. The caller sees to it that it's due."""
    facts = facts_of(
        state.application,
        len(state.missing),
        state.history,
        state.checks,
        policy.document.required_providers,
    )
    verdict = policy.table.decide(facts)
    then = verdict.outcome
    decision = DecisionMade(
        decision_id=revision_id("decision", state),
        application_id=state.application_id,
        customer_id=state.customer_id,
        outcome=then.outcome,
        light=then.light,
        score=_int_or_none(facts["score_lowest"]),
        reasons=_reasons(then, state, policy),
        missing=state.missing or None,
        policy=policy.ref,
        checks=tuple(answer.result() for answer in state.checks),
        degraded=then.degraded or _is_degraded(state, facts),
        decided_at=now,
        machine_outcome=then.outcome,
        final_outcome=then.outcome,
    )
    made = Decided(
        decision=decision,
        revision=state.revision,
        row=verdict.row_id,
        facts=_storable(facts),
    )
    status: Status = "rework" if then.outcome == "rework" else "decided"
    event = Publish(
        topic=DECISIONS_TOPIC,
        ce_type=DECISION_MADE,
        event_id=decision.decision_id,
        key=state.key,
        data=decision,
    )
    return state.changed(status=status, decisions=(*state.decisions, made)), [event]


def _is_degraded(state: ApplicationState, facts: dict[str, Value]) -> bool:
    """Checks were asked for and a required one is missing, whichever row decided."""
    unanswered = facts["unanswered_required"]
    return bool(state.checks) and isinstance(unanswered, int) and unanswered > 0


def _reasons(then: Then, state: ApplicationState, policy: AcceptancePolicy) -> tuple[Reason, ...]:
    codes = list(then.reasons)
    if then.findings:
        told = sorted(
            (answer for answer in state.checks if answer.score is not None),
            key=lambda answer: (answer.score or 0, answer.provider),
        )
        codes += [code for answer in told for code in answer.findings]
    principal = list(dict.fromkeys(codes))[:PRINCIPAL_MAX]
    if then.outcome == "reject":
        principal.append(HUMAN_REVIEW)
    return tuple(reason(code, contact=policy.document.review_contact) for code in principal)


def _int_or_none(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _storable(facts: dict[str, Value]) -> dict[str, Fact]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in facts.items()
        if value is not None
    }
