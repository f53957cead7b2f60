"""May this person be called now, about which debts, and if not, until when and why?"""

from __future__ import annotations

from typing import Any

from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.calls import call_block
from domain.compliance.consents import is_stopped
from domain.compliance.forbidding import forbidden
from domain.compliance.nameable import nameable
from domain.compliance.timing import timing_of
from domain.overdue.tolerance import counted


def may_call(work: Work) -> dict[str, Any]:
    """JSON-ready: `allowed`, the row that forbids it, and the same for each debt."""
    profile = work.state.profile
    refused = forbidden(work, "collection")
    if refused is not None or profile is None:
        because, rule = refused or ("no_profile", "profile")
        return _refusal(because, rule)
    if is_stopped(work.state.compliance, "call"):
        return _refusal("contact_stopped", "contact_stopped")
    facts = profile.facts
    book = work.policy.contact.book(facts.country, work.now.date())
    timing = timing_of(work, book, facts, "call", work.now, "call")
    debts = [_debt(work, book, key, facts.timezone) for key in _debts(work)]
    if timing.ends is None:
        until = timing.until.isoformat() if timing.until is not None else None
        return _refusal(timing.because, timing.rule, until) | {"debts": debts}
    allowed = any(debt["allowed"] for debt in debts)
    shown = {"allowed": allowed, "debts": debts}
    if allowed:
        return shown | {"until": timing.ends.isoformat()}
    if not debts:
        return shown | {"because": _why_none(work)}
    soonest = min(debts, key=lambda debt: debt.get("until") or "9999")
    return shown | {key: soonest[key] for key in ("because", "rule", "until") if key in soonest}


def _debts(work: Work) -> list[str]:
    """What a reminder could name, and what was given up, to say so. No others: a bill that is not
    due, a debit that has not failed and what is too little to be chased are nobody's call.
    """
    given_up = work.state.case.given_up
    return [*counted(work, work.claims), *(key for key in given_up if work.ledger.open.get(key))]


def _why_none(work: Work) -> str:
    if work.claims:
        return "below_tolerance"
    return "clear" if any(work.ledger.open.values()) else "nothing_open"


def _refusal(because: str, rule: str, until: str | None = None) -> dict[str, Any]:
    shown = {"allowed": False, "because": because, "rule": rule}
    return shown | ({"until": until} if until else {})


def _debt(work: Work, book: Book, invoice_id: str, zone: str) -> dict[str, Any]:
    about = {"invoice_id": invoice_id}
    refused = nameable(work, book, (invoice_id,), "call").refusal
    if refused is not None:
        return about | _refusal(*refused)
    if work.state.invoices[invoice_id].facts.amount.currency in work.ledger.provisional:
        return about | _refusal("provisional_payment", "provisional_payment")
    block = call_block(work, book, invoice_id, zone)
    if block is None:
        return about | {"allowed": True}
    shown = _refusal(block.because, block.rule, block.until.isoformat())
    return about | shown | ({"presumption": True} if block.presumption else {})
