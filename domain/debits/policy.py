"""The rule set `retries`."""

from __future__ import annotations

from typing import Literal

from domain.policy.ruleset import RuleSet


class RetryRules(RuleSet):
    """The retry plan of failed debits and the life cycle of mandates."""

    id: Literal["retries"]
