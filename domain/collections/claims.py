"""Which invoices may be chased, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.calendar import start_of_day
from domain.collections.codes import ReturnCodes
from domain.collections.ledger import Ledger
from domain.collections.state import CustomerState, Failure, Invoice
from domain.debits.comebacks import comebacks, settled_until_our_fault

_DAY = dt.timedelta(days=1)
_NONE: Mapping[str, dt.datetime] = MappingProxyType({})


def contact_failures(
    state: CustomerState, codes: ReturnCodes, answered: Mapping[str, dt.datetime] = _NONE
) -> dict[str, Failure]:
    """Invoice -> its first failed debit whose code calls for contact.

    `answered`: invoice -> until when its failures count no more.
    """
    found: dict[str, Failure] = {}
    for failure in sorted(state.failures.values(), key=_attempt):
        facts = failure.facts
        if facts.invoice_id in answered and facts.failed_at <= answered[facts.invoice_id]:
            continue
        if facts.invoice_id not in found and codes.calls_for_contact(facts):
            found[facts.invoice_id] = failure
    return found


def _attempt(failure: Failure) -> tuple[object, ...]:
    facts = failure.facts
    return facts.attempt, facts.failed_at, facts.collection_id


@dataclass(frozen=True, slots=True)
class Stop:
    """A return code after which nobody may be contacted, and the event that said so."""

    code: str
    said_by: str
    #: Whether it waits for its invoice: it stops already, but may yet be given up.
    is_early: bool = False


def stops(state: CustomerState, codes: ReturnCodes) -> Iterator[Stop]:
    """What ends all contact: failed debits, and debits reversed by name with such a code."""
    for failure in state.failures.values():
        facts = failure.facts
        if codes.rule(facts).action == "stop":
            code = facts.reason_code or facts.reason_proprietary or ""
            yield Stop(code, failure.ce_id, facts.invoice_id not in state.invoices)
    for one in comebacks(state, codes):
        if one.rule.action == "stop":
            yield Stop(one.code, one.said_by)


def stop_code(state: CustomerState, codes: ReturnCodes) -> str | None:
    """The return code after which nobody may be contacted at all (MD07), if one came."""
    return next((stop.code for stop in stops(state, codes)), None)


def overdue_at(invoice: Invoice, zone: str) -> dt.datetime:
    """When the day after `due_on` begins where the customer lives."""
    return start_of_day(invoice.facts.due_on + _DAY, zone)


def claimable(
    state: CustomerState, ledger: Ledger, codes: ReturnCodes, now: dt.datetime
) -> dict[str, str]:
    """Open invoices that may be chased now -> the `ce_id` that made them so.

    A direct debit after a failed one that calls for contact, unless money came since and went back
    by a fault of ours; the others also once overdue. Without
    a profile nothing is: there is nobody to address and no zone to tell the day.
    """
    if state.profile is None:
        return {}
    zone = state.profile.facts.timezone
    failed = contact_failures(state, codes, settled_until_our_fault(state, codes))
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
