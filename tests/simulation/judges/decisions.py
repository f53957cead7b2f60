"""I6: a stored decision can be recomputed from its stored inputs and the version of its policy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from domain.acceptance import POLICY_ID, AcceptancePolicy, ApplicationState
from domain.acceptance.decide import decide
from domain.policy.starting import starting_document
from tests.simulation.judges.case import Case


def i6_decisions_recompute(case: Case) -> Iterator[str]:
    """The newest decision of each application, from the row it lies in; and it was published."""
    policy = _policy()
    for key, row in case.rows["applications"].items():
        state = ApplicationState.model_validate_json(row)
        if not state.decisions:
            continue
        stored = state.decisions[-1]
        if stored.decision.policy != policy.ref:
            yield f"{key}: decided by {stored.decision.policy}, which nobody published"
            continue
        if stored.revision == state.revision and state.status in {"decided", "rework"}:
            before = state.changed(decisions=state.decisions[:-1])
            again, _ = decide(before, policy, stored.decision.decided_at)
            if again.decisions[-1] != stored:
                yield f"{key}: recomputed {again.decisions[-1]}, stored {stored}"
        published = {one["decision_id"] for one in case.outputs.decisions.get(key, ())}
        for made in state.decisions:
            if made.decision.decision_id not in published:
                yield f"{key}: decision {made.decision.decision_id} was never published"


@cache
def _policy() -> AcceptancePolicy:
    return AcceptancePolicy.parse(starting_document(POLICY_ID))
