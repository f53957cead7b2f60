"""The contact rules in force in one place on one day, sorted by what they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from domain.compliance.rows import (
    CallsRule,
    CapRule,
    ConversationRule,
    DisclosureRule,
    HoursRule,
    LimitationRule,
    Rule,
    ValidationRule,
    ZonesRule,
)

Kind = TypeVar("Kind", bound=Rule)


class Book:
    """Built once a day and place."""

    def __init__(self, jurisdiction: str, rules: Sequence[Rule]) -> None:
        self.jurisdiction = jurisdiction
        self.hours = _only(rules, HoursRule)
        self.zones = _only(rules, ZonesRule)
        caps = _only(rules, CapRule)
        self.caps = tuple(rule for rule in caps if not rule.channels)
        self.channel_caps = tuple(rule for rule in caps if rule.channels)
        self.calls = _only(rules, CallsRule)
        self.conversations = _only(rules, ConversationRule)
        self.disclosures = _only(rules, DisclosureRule)
        self.limitations = _only(rules, LimitationRule)
        self.validations = _only(rules, ValidationRule)
        #: Spans in which people may be contacted, worked out once: see `hours.spans`.
        self.spans: dict[Any, Any] = {}
        #: No debt younger than this can be time-barred: spares the look at each.
        self.years_min = min((rule.years for rule in self.limitations), default=None)


def _only(rules: Sequence[Rule], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(rule for rule in rules if isinstance(rule, kind))
