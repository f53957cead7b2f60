"""The rule set `contact`."""

from __future__ import annotations

from typing import Literal

from domain.policy.ruleset import RuleSet


class ContactRules(RuleSet):
    """Contact rules by jurisdiction: windows, caps, locks, notices."""

    id: Literal["contact"]
