"""Every rule set that people change live: its id, its model, and where collections keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from domain.arrangements.policy import PlanRules
from domain.collections.codes import ReturnCodes
from domain.collections.policy import CollectionsPolicy, ReminderRules
from domain.compliance.policy import ContactRules
from domain.debits.policy import RetryRules
from domain.fees.policy import FeesPolicy
from domain.notices.policy import DeliveryRules
from domain.overdue.policy import OverdueRules
from domain.policy.ruleset import RuleSet
from domain.receivables.policy import ChargeRules
from domain.templates.legal import LegalTexts
from domain.templates.texts import Texts

#: Id -> (its field in `CollectionsPolicy`, its model).
RULE_SETS: dict[str, tuple[str, type[RuleSet]]] = {
    "reminders": ("reminders", ReminderRules),
    "return-codes": ("return_codes", ReturnCodes),
    "templates": ("texts", Texts),
    "legal-texts": ("legal_texts", LegalTexts),
    "fee-status": ("fees", FeesPolicy),
    "contact": ("contact", ContactRules),
    "charges": ("charges", ChargeRules),
    "overdue": ("overdue", OverdueRules),
    "plans": ("plans", PlanRules),
    "retries": ("retries", RetryRules),
    "delivery": ("delivery", DeliveryRules),
}
#: What a check may meet in a document and did not foresee: as unsound as any other fault.
UNFORESEEN = (TypeError, ArithmeticError, LookupError, AttributeError)


def parse(rule_set_id: str, document: bytes | str) -> RuleSet:
    """A sound rule set from its JSON. ValueError says what is wrong and where, for people."""
    if rule_set_id not in RULE_SETS:
        raise ValueError(f"no rule set {rule_set_id!r}: there are {', '.join(sorted(RULE_SETS))}")
    try:
        found = RULE_SETS[rule_set_id][1].model_validate_json(document)
    except pydantic.ValidationError as error:
        raise ValueError("; ".join(_fault(one) for one in error.errors()[:5])) from None
    except UNFORESEEN as error:
        raise ValueError(f"the document: {error}") from None
    return found


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the document"
    return f"{place}: {error['msg']}"


def starting_of(policy: CollectionsPolicy, rule_set_id: str) -> RuleSet:
    """The rule set as `policy` holds it."""
    found: RuleSet = getattr(policy, RULE_SETS[rule_set_id][0])
    return found


def replaced(base: CollectionsPolicy, newer: Mapping[str, RuleSet]) -> CollectionsPolicy:
    """`base` with the rule sets of `newer` (by id) in place of its own."""
    fields = {RULE_SETS[name][0]: rules for name, rules in newer.items()}
    return base.model_copy(update=fields) if fields else base
