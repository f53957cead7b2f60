"""Whether the rule sets `fee-status` and `charges` speak of the same charges."""

from __future__ import annotations

from collections.abc import Mapping

from domain.fees.policy import FeesPolicy
from domain.policy.ruleset import RuleSet
from domain.receivables.policy import ChargeRules


def disagreements(fees: FeesPolicy, charges: ChargeRules) -> list[str]:
    """For people, before either goes live. What is named only on one side charges nobody."""
    called = {name for rule in fees.rules for name in rule.fees}
    known = charges.by_id.keys()
    found = [
        f"row {number} ({rule.status}) calls for {name!r}, which is no charge: nobody pays it"
        for number, rule in enumerate(fees.rules, 1)
        for name in rule.fees
        if name not in known
    ]
    found += [f"charge {name!r} is called for by no row" for name in sorted(known - called)]
    return found


def beside(rules: RuleSet, others: Mapping[str, RuleSet]) -> list[str]:
    """The disagreements of a draft with what is in force beside it; none for other rule sets."""
    fees, charges = others.get("fee-status"), others.get("charges")
    if isinstance(rules, FeesPolicy) and isinstance(charges, ChargeRules):
        return disagreements(rules, charges)
    if isinstance(rules, ChargeRules) and isinstance(fees, FeesPolicy):
        return disagreements(fees, rules)
    return []
