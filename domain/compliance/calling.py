"""May this person be called now, about which debts, and if not, until when and why?"""

from __future__ import annotations

from typing import Any

from domain.arrangements.blocking import blocks
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.calls import call_block
from domain.compliance.consents import is_stopped
from domain.compliance.forbidding import forbidden
from domain.compliance.limitation import barred
from domain.compliance.timing import timing_of


def may_call(work: Work) -> dict[str, Any]:
    """JSON-ready: `allowed`, the row that forbids it, and the same for each open debt."""
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
    debts = [_debt(work, book, key, facts.timezone) for key in _open(work)]
    if timing.ends is None:
        until = timing.until.isoformat() if timing.until is not None else None
        return _refusal(timing.because, timing.rule, until) | {"debts": debts}
    allowed = any(debt["allowed"] for debt in debts)
    shown = {"allowed": allowed, "debts": debts}
    if allowed:
        return shown | {"until": timing.ends.isoformat()}
    if not debts:
        return shown | {"because": "nothing_open"}
    soonest = min(debts, key=lambda debt: debt.get("until") or "9999")
    return shown | {key: soonest[key] for key in ("because", "rule", "until") if key in soonest}


def _open(work: Work) -> list[str]:
    return [key for key, minor in work.ledger.open.items() if minor and key in work.state.invoices]


def _refusal(because: str, rule: str, until: str | None = None) -> dict[str, Any]:
    shown = {"allowed": False, "because": because, "rule": rule}
    return shown | ({"until": until} if until else {})


def _debt(work: Work, book: Book, invoice_id: str, zone: str) -> dict[str, Any]:
    about = {"invoice_id": invoice_id}
    agreed = blocks(work, (invoice_id,), "call")
    if agreed is not None:
        return about | _refusal(agreed, "arrangement")
    late = barred(work.state, work.ledger, book, (invoice_id,), work.now.date())
    if late:
        return about | _refusal("time_barred", late[invoice_id].rule)
    block = call_block(work, book, invoice_id, zone)
    if block is None:
        return about | {"allowed": True}
    shown = _refusal(block.because, block.rule, block.until.isoformat())
    return about | shown | ({"presumption": True} if block.presumption else {})
