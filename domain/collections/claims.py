"""Which invoices may be chased, and since when."""

from __future__ import annotations

import datetime as dt

from domain.calendar import start_of_day
from domain.collections.codes import ReturnCodes
from domain.collections.ledger import Ledger
from domain.collections.state import CustomerState, Failure, Invoice

_DAY = dt.timedelta(days=1)


def contact_failures(state: CustomerState, codes: ReturnCodes) -> dict[str, Failure]:
    """Invoice -> its first failed debit whose code calls for contact."""
    found: dict[str, Failure] = {}
    for failure in sorted(state.failures.values(), key=_attempt):
        if failure.facts.invoice_id not in found and codes.calls_for_contact(failure.facts):
            found[failure.facts.invoice_id] = failure
    return found


def _attempt(failure: Failure) -> tuple[object, ...]:
    facts = failure.facts
    return facts.attempt, facts.failed_at, facts.collection_id


def stop_code(state: CustomerState, codes: ReturnCodes) -> str | None:
    """The return code after which nobody may be contacted at all (MD07), if one came."""
    failure = stopping_failure(state, codes)
    if failure is None:
        return None
    return failure.facts.reason_code or failure.facts.reason_proprietary


def stopping_failure(state: CustomerState, codes: ReturnCodes) -> Failure | None:
    """The failed debit that ends all contact, if one came."""
    for failure in state.failures.values():
        if codes.rule(failure.facts).action == "stop":
            return failure
    return None


def overdue_at(invoice: Invoice, zone: str) -> dt.datetime:
    """When the day after `due_on` begins where the customer lives."""
    return start_of_day(invoice.facts.due_on + _DAY, zone)


def claimable(
    state: CustomerState, ledger: Ledger, codes: ReturnCodes, now: dt.datetime
) -> dict[str, str]:
    """Open invoices that may be chased now -> the `ce_id` that made them so.

    A direct debit after a failed one that calls for contact; the others also once overdue. Without
    a profile nothing is: there is nobody to address and no zone to tell the day.
    """
    if state.profile is None:
        return {}
    zone = state.profile.facts.timezone
    failed = contact_failures(state, codes)
    claims: dict[str, str] = {}
    for key, minor in ledger.open.items():
        invoice = state.invoices[key]
        if not minor or key in state.case.given_up:
            continue
        if key in failed:
            claims[key] = failed[key].ce_id
        elif invoice.facts.payment_method != "direct_debit" and overdue_at(invoice, zone) <= now:
            claims[key] = invoice.ce_id
    return claims


def next_overdue(state: CustomerState, ledger: Ledger, now: dt.datetime) -> dt.datetime | None:
    """When the next open invoice becomes overdue without any event."""
    if state.profile is None:
        return None
    zone = state.profile.facts.timezone
    moments = [
        overdue_at(state.invoices[key], zone)
        for key, minor in ledger.open.items()
        if minor and state.invoices[key].facts.payment_method != "direct_debit"
    ]
    return min((moment for moment in moments if moment > now), default=None)
