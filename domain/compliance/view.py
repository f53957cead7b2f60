"""What the customer view shows of the contact gate: may they be called, what was said, stopped."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.collections.work import Work
from domain.compliance.calling import may_call
from domain.compliance.consents import limits_in_force
from domain.compliance.limitation import clock_of
from domain.compliance.validation import disputable


def compliance_view(state: CustomerState) -> dict[str, Any]:
    """The ledger of consents and what the customer stopped. JSON-ready, without any rules."""
    file = state.compliance
    return {
        "consents": [_shown(entry) for entry in file.consents],
        "stopped": {key: at.isoformat() for key, at in file.stops.items()},
        "resumed": {key: at.isoformat() for key, at in file.resumes.items()},
        "limits": [_shown(limit) for limit in limits_in_force(file)],
        "calls": [_shown(call) for call in file.calls],
    }


def contact_view(
    state: CustomerState, policy: CollectionsPolicy, now: dt.datetime
) -> dict[str, Any]:
    """What the rules in force say of this customer now: by which row, until when."""
    work = Work(state, policy, now)
    return {
        "rules": {"id": "contact", "version": policy.contact.version},
        "profile": policy.contact.profile,
        "call_allowed": may_call(work),
        "limitation": _limitation(work),
        "disputable": disputable(state, policy.contact, now),
    }


def with_contact(
    view: dict[str, Any], state: CustomerState, policy: CollectionsPolicy, now: dt.datetime
) -> dict[str, Any]:
    """The customer's view with what the rules in force say of contact now."""
    return {**view, "contact": {**view["contact"], **contact_view(state, policy, now)}}


def _shown(row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = row.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return shown


def _limitation(work: Work) -> list[dict[str, Any]]:
    """Of each open debt the first day on which nobody may be asked for it any more."""
    if work.state.profile is None:
        return []
    country, today = work.state.profile.facts.country, work.now.date()
    book = work.policy.contact.book(country, today)
    shown = []
    for key, minor in work.ledger.open.items():
        if not minor or key not in work.state.invoices:
            continue
        clock = clock_of(work.state, work.ledger, book, key)
        if clock is not None:
            shown.append(
                {
                    "invoice_id": key,
                    "barred_on": clock.barred_on.isoformat(),
                    "is_barred": clock.barred_on <= today,
                    "rule": clock.rule,
                }
            )
    return shown
