"""The rule set `charges`."""

from __future__ import annotations

from typing import Literal

from domain.policy.ruleset import RuleSet


class ChargeRules(RuleSet):
    """Fees: statutory tables, letters, and in which order money pays."""

    id: Literal["charges"]
