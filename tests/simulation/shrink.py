"""Makes a failing run small: takes out faults and acts as long as the same invariant is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.simulation.outcome import Outcome, outcome
from tests.simulation.world.plan import Plan

T = TypeVar("T")
TRIES_MAX = 120


def shrunk(failed: Outcome, tries_max: int = TRIES_MAX) -> Outcome:
    """The smallest run found within so many tries that breaks what the failed one broke."""
    best = failed
    left = tries_max

    def breaks(plan: Plan) -> bool:
        nonlocal best, left
        if left <= 0:
            return False
        left -= 1
        found = outcome(plan)
        if found.invariant != failed.invariant:
            return False
        best = found
        return True

    plan = failed.plan
    faults = _fewer(list(failed.faults), lambda some: breaks(plan.only(plan.acts, tuple(some))))
    script = tuple(faults)
    last = max(index for index, act in enumerate(plan.acts) if act.fact is None)
    kept = plan.acts[last : last + 1]  # whatever goes, the world ends at the same time
    acts = [act for index, act in enumerate(plan.acts) if index != last]
    _fewer(acts, lambda some: breaks(plan.only((*some, *kept), script)))
    return outcome(best.plan.only(best.plan.acts, best.faults), tell=True)


def _fewer(parts: list[T], breaks: Callable[[Sequence[T]], bool]) -> list[T]:
    """Delta debugging: drop ever smaller pieces of what is not needed."""
    if parts and breaks(()):
        return []
    size = len(parts) // 2
    while size >= 1:
        start = 0
        while start < len(parts):
            without = parts[:start] + parts[start + size :]
            if breaks(without):
                parts = without
            else:
                start += size
        size //= 2
    return parts
