"""The rule set `plans`."""

from __future__ import annotations

from typing import Literal

from domain.policy.ruleset import RuleSet


class PlanRules(RuleSet):
    """Bounds of plans and promises, and when they break."""

    id: Literal["plans"]
