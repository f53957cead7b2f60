"""The live row as `GET /api/v1/customers/{id}` shows it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from domain.arrangements.view import arrangements_view
from domain.cases.view import case_view
from domain.collections.bereavement import STATE as BEREAVEMENT
from domain.collections.claims import overdue_at
from domain.collections.ledger import Ledger, compute, net_of, oldest_first
from domain.collections.state import CustomerState, Slot
from domain.collections.steps import SLOTS, slot_of
from domain.compliance.view import compliance_view
from domain.debits.view import being_collected, collected, debits_view
from domain.notices.view import notices_view
from domain.overdue.view import overdue_view
from domain.receivables.view import fees_view


def customer_view(state: CustomerState, now: dt.datetime) -> dict[str, Any]:
    """JSON-ready. `balance` is empty when nothing is open; `not_sent` has the newest last."""
    ledger = compute(state)
    return {
        "customer_id": state.customer_id,
        "profile": _profile(state),
        "balance": _balance(state, ledger),
        "credit": [{"minor": minor, "currency": key} for key, minor in ledger.credit.items()],
        "open": [
            _open_item(state, ledger, key, now) for key in oldest_first(state, _open_ids(ledger))
        ],
        **_next_step(state),
        "not_sent": [note.model_dump(mode="json", exclude_none=True) for note in state.not_sent],
        "messages": [
            message.model_dump(mode="json", exclude_none=True, exclude={"address"})
            for message in state.messages
        ],
        "invoices": [
            _invoice(state, ledger, key, now) for key in oldest_first(state, state.invoices)
        ],
        "payments": _payments(state, ledger, now),
        "failed_debits": [_failure(state, key) for key in state.failures],
        "cases": _cases(state),
        **case_view(state),
        **overdue_view(state),
        **debits_view(state),
        **fees_view(state),
        **notices_view(state),
        "contacts": [contact.model_dump(mode="json") for contact in state.contacts],
        "contact": compliance_view(state),
        **arrangements_view(state, now),
        "waiting": [
            {"event": early.ce_id, "needs": list(early.needs), "since": early.since.isoformat()}
            for early in state.waiting
        ],
    }


def open_money(state: CustomerState) -> list[dict[str, Any]]:
    """Open debt per currency, as money."""
    return _balance(state, compute(state))


def _open_ids(ledger: Ledger) -> list[str]:
    return [key for key, minor in ledger.open.items() if minor]


def _profile(state: CustomerState) -> dict[str, Any] | None:
    if state.profile is None:
        return None
    return state.profile.facts.model_dump(mode="json", by_alias=True, exclude_none=True)


def _balance(state: CustomerState, ledger: Ledger) -> list[dict[str, Any]]:
    totals: Counter[str] = Counter()
    for key in _open_ids(ledger):
        totals[state.invoices[key].facts.amount.currency] += ledger.open[key]
    return [{"minor": totals[currency], "currency": currency} for currency in sorted(totals)]


def _state_of(state: CustomerState, ledger: Ledger, key: str, now: dt.datetime) -> str:
    """The most telling of: paid, pending, reminded, failed, overdue, open."""
    if not ledger.open[key]:
        return "paid"
    if ledger.pending.get(key):
        return "pending"
    if key in state.reminded:
        return "reminded"
    if any(failure.facts.invoice_id == key for failure in state.failures.values()):
        return "failed"
    if state.profile is None:
        return "open"
    is_late = overdue_at(state.invoices[key], state.profile.facts.timezone) <= now
    return "overdue" if is_late else "open"


def _open_item(state: CustomerState, ledger: Ledger, key: str, now: dt.datetime) -> dict[str, Any]:
    facts = state.invoices[key].facts
    item = {
        "invoice_id": key,
        "open": {"minor": ledger.open[key], "currency": facts.amount.currency},
        "due_on": facts.due_on.isoformat(),
        "state": _state_of(state, ledger, key, now),
    }
    if ledger.pending.get(key):
        item["pending"] = {"minor": ledger.pending[key], "currency": facts.amount.currency}
    return item | being_collected(state, key)


def _invoice(state: CustomerState, ledger: Ledger, key: str, now: dt.datetime) -> dict[str, Any]:
    facts = state.invoices[key].facts
    return {
        **_open_item(state, ledger, key, now),
        "amount": facts.amount.model_dump(),
        "issued_on": facts.issued_on.isoformat(),
        "kind": facts.kind,
        "payment_method": facts.payment_method,
    }


def _payments(state: CustomerState, ledger: Ledger, now: dt.datetime) -> list[dict[str, Any]]:
    return [
        {
            "payment_id": key,
            "amount": payment.facts.amount.model_dump(),
            "net": {
                "minor": net_of(state, key, payment),
                "currency": payment.facts.amount.currency,
            },
            "received_at": payment.facts.received_at.isoformat(),
            "method": payment.facts.method,
            "provisional": payment.settled_at is None,
            "invoice_ids": list(ledger.touched.get(key, ())),
            "thanks": payment.thanks,
            **collected(payment, net_of(state, key, payment), now),
        }
        for key, payment in sorted(
            state.payments.items(), key=lambda row: (row[1].facts.received_at, row[0])
        )
    ]


def _cases(state: CustomerState) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = [
        {"case_id": state.case.case_id, "state": chase.case_state, "currency": currency}
        for currency, chase in state.chases.items()
    ]
    if state.bereavement_case is not None:
        cases.append({"case_id": state.bereavement_case, "state": BEREAVEMENT})
    return cases


def _failure(state: CustomerState, key: str) -> dict[str, Any]:
    facts = state.failures[key].facts
    wanted = {
        "collection_id", "attempt", "invoice_id", "amount", "reason_code", "reason_proprietary",
        "failed_at",
    }  # fmt: skip
    return facts.model_dump(mode="json", include=wanted, exclude_none=True)


def _next_step(state: CustomerState) -> dict[str, Any]:
    """The next reminder with its instant, or what holds it; empty when none is on its way."""
    slots = [
        (currency, slot)
        for currency, chase in sorted(state.chases.items())
        for slot in (slot_of(chase, name) for name in SLOTS)
        if slot is not None
    ]
    if not slots:
        return {}
    currency, first = min(slots, key=lambda row: row[1].due)
    return {"next_step": _slot(currency, first)}


def _slot(currency: str, slot: Slot) -> dict[str, Any]:
    shown = {
        "kind": "reminder",
        "at": slot.due.isoformat().replace("+00:00", "Z"),
        "step": slot.step,
        "currency": currency,
        "state": slot.status,
    }
    return shown | ({"because": slot.because} if slot.because else {})
