"""One customer's history as a single list: what came in, what was said, and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` names the text (`timeline.<kind>`); `at` is RFC 3339 or a date."""

    at: str
    kind: str
    tone: Tone = ""
    money: Mapping[str, Any] | None = None
    #: Shown as they are: ids and codes.
    about: tuple[str, ...] = ()
    #: Codes of the data, shown in words.
    words: tuple[str, ...] = ()
    message_id: str = ""
    #: What somebody wrote.
    text: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


def timeline_of(view: Mapping[str, Any]) -> list[Entry]:
    """Newest first. An invoice counts from the beginning of its day."""
    return sorted(_entries(view), key=lambda entry: _sortable(entry.at), reverse=True)


def _sortable(at: str) -> str:
    return at if "T" in at else f"{at}T00:00:00Z"


def _entries(view: Mapping[str, Any]) -> Iterator[Entry]:
    yield from _money(view)
    yield from _said(view)
    yield from _decided(view)


def _money(view: Mapping[str, Any]) -> Iterator[Entry]:
    for one in view["invoices"]:
        yield Entry(
            one["issued_on"], "invoice", money=one["amount"], about=(one["invoice_id"],),
            words=(one["kind"], one["payment_method"]),
        )  # fmt: skip
    for one in view["failed_debits"]:
        code = one.get("reason_code") or one.get("reason_proprietary") or ""
        yield Entry(
            one["failed_at"], "failed_debit", "bad", one["amount"], (one["invoice_id"], code)
        )
    for one in view["payments"]:
        kind = "pending_payment" if one["provisional"] else "payment"
        tone: Tone = "warn" if one["provisional"] else "good"
        yield Entry(
            one["received_at"], kind, tone, one["amount"], (one["payment_id"],), (one["method"],)
        )
    for one in view.get("collections", ()):
        yield Entry(
            one["requested_at"], "collection", "warn" if one["unanswered"] else "", one["amount"],
            (one["collection_id"],), (one["state"],),
        )  # fmt: skip


def _said(view: Mapping[str, Any]) -> Iterator[Entry]:
    for one in view["messages"]:
        is_usual = one["kind"] in {"reminder", "thank_you"}
        yield Entry(
            one["at"],
            one["kind"] if is_usual else "notice",
            "bad" if one["state"] == "failed" else "",
            about=tuple(one.get("invoice_ids", ())),
            words=(*(() if is_usual else (one["kind"],)), one["channel"], one["state"]),
            message_id=one["message_id"],
            extra={"step": one.get("step")},
        )
    for one in view["not_sent"]:
        extra = {"deferred_to": one.get("deferred_to"), "step": one.get("step")}
        yield Entry(one["at"], "not_sent", "warn", words=(one["kind"], one["because"]), extra=extra)
    for one in view["contacts"]:
        if one["type"].startswith("message."):
            continue  # told by the state of the message itself
        yield Entry(one["at"], "contact", words=(one["type"], one["channel"]))


#: What was agreed: its list in the view -> the entry it makes.
_AGREED = {
    "holds": "hold",
    "disputes": "dispute",
    "promises": "promise",
    "plans": "plan",
    "hardships": "hardship",
}
_BROKEN = frozenset({"broken", "late"})


def _decided(view: Mapping[str, Any]) -> Iterator[Entry]:
    """What people decided, and what followed from it."""
    for one in view.get("notes", ()):
        yield Entry(one["at"], "note", about=(one["by"],), text=one["text"])
    for name, kind in _AGREED.items():
        for one in view.get(name, ()):
            words = tuple(one[key] for key in ("kind", "state") if key in one)
            tone: Tone = "bad" if one.get("state") in _BROKEN else ""
            yield Entry(
                one["at"], kind, tone, one.get("amount"), (one["by"],), text=one.get("reason", ""),
                words=words,
            )  # fmt: skip
    for one in view.get("fees", ()):
        yield Entry(one["since"], "fee", "warn", one["amount"], (one["fee_id"],), (one["state"],))
    for one in view.get("given_up", ()):
        people = (one["invoice_id"], one["by"], one["approved_by"])
        yield Entry(
            one["at"], "given_up", "warn", about=people, words=(one["kind"],),
            text=one.get("reason", ""),
        )  # fmt: skip
    overdue = view.get("overdue")
    if overdue and overdue.get("since"):
        yield Entry(overdue["since"], "overdue", words=(overdue["state"],))
