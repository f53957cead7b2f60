"""The rule set `overdue`."""

from __future__ import annotations

from typing import Literal

from domain.policy.ruleset import RuleSet


class OverdueRules(RuleSet):
    """The states of arrears, their conditions and consequences."""

    id: Literal["overdue"]
