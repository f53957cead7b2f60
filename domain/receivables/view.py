"""Fees for people: which there are, why, when one may be claimed, which were refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.collections.ledger import compute
from domain.collections.state import CustomerState
from domain.receivables.items import fee_state
from domain.receivables.state import Letter


def fees_view(state: CustomerState) -> dict[str, Any]:
    """`fees`, `fee_letters` and `fees_refused`; nothing where there never were any."""
    kept = state.receivables
    if not (kept.fees or kept.letters or kept.refused):
        return {}
    return {
        "fees": [_fee(state, key) for key in sorted(kept.fees)],
        "fee_letters": [_letter(state, key, one) for key, one in sorted(kept.letters.items())],
        "fees_refused": [
            one.model_dump(mode="json", exclude_defaults=True) for one in kept.refused
        ],
    }


def _fee(state: CustomerState, fee_id: str) -> dict[str, Any]:
    fee, waiver = state.receivables.fees[fee_id], state.receivables.waived.get(fee_id)
    is_open = compute(state).open.get(fee_id, 0)
    shown = {
        "fee_id": fee_id,
        "charge": fee.charge,
        "rule": {"id": "charges", "version": fee.version},
        "invoice_id": fee.invoice_id,
        "invoice_ids": list(fee.items),
        "amount": {"minor": fee.amount, "currency": fee.currency},
        "open": {"minor": is_open, "currency": fee.currency},
        "state": fee_state(state, fee_id, fee, is_open),
        "since": _utc(fee.as_of),
    }
    if fee.statute:
        shown["statute"] = {"id": fee.statute, "valid_from": str(fee.valid_from)}
    if fee.letter:
        shown["letter"] = fee.letter
    if fee.failure:
        shown["failed_debit"] = fee.failure
    if fee.amount != fee.stated:
        shown["claimed"] = {"minor": fee.stated, "currency": fee.currency}
    if waiver is not None:
        shown["waived"] = waiver.model_dump(mode="json")
    return shown


def _letter(state: CustomerState, key: str, letter: Letter) -> dict[str, Any]:
    """`claimable_at` is the local midnight after its term; it is there while a fee may follow."""
    gone = None if key in state.notices.owed else state.notices.sent.get(key) or letter.gone
    shown: dict[str, Any] = {
        "letter": key,
        "charge": letter.charge,
        "state": _state(letter, is_sent=gone is not None),
        "cost": {"minor": letter.cost, "currency": letter.currency},
        "items": [
            {"invoice_id": name, "open": {"minor": minor, "currency": letter.currency}}
            for name, minor in letter.items.items()
        ],
        "prepared_at": _utc(letter.prepared_at),
    }
    if gone is not None:
        shown |= {"channel": gone.channel, "sent_at": _utc(gone.at)}
        if gone.delivered_at is not None:
            shown["delivered_at"] = _utc(gone.delivered_at)
    if letter.held is not None:
        shown["held"] = letter.held
    due = state.timers.get(f"receivables|fee|{key}")
    if due is not None:
        shown["claimable_at"] = _utc(due)
    return shown


def _state(letter: Letter, *, is_sent: bool) -> str:
    if letter.bounced and letter.ended in {None, "gone"}:
        return "bounced"
    if letter.ended is not None:
        return letter.ended
    if letter.held is not None:
        return "held"
    return "sent" if is_sent else "prepared"


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
