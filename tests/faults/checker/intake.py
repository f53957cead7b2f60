"""Which records of the log count, by the contract alone, and why the others must not.

Written from the contract's text, not from the product's code: a record is either an event, a
repetition without effect, or a dead letter with one of a few admissible reasons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.checker.evidence import Entry, instant
from tests.faults.checker.fields import OPTIONAL, REQUIRED, Check, text

#: More than this is no event of a bill; the product says where its limit lies.
BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """An event that takes effect."""

    entry: Entry
    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]

    @property
    def customer(self) -> str:
        return str(self.data.get("customer_id", ""))


@dataclass(slots=True)
class Intake:
    """All inputs, sorted into what they are."""

    events: list[Event] = field(default_factory=list)
    repeats: list[Event] = field(default_factory=list)
    refused: dict[tuple[str, int, int], frozenset[str]] = field(default_factory=dict)


class Refused(Exception):
    """A dead letter; its reasons are those a reader of the contract would accept."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("/".join(reasons))
        self.reasons = frozenset(reasons)


def sort_inputs(entries: list[Entry]) -> Intake:
    """Every input is an event, a repetition or refused; in offset order per partition."""
    intake = Intake()
    seen: set[tuple[str, str]] = set()
    contents: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for entry in sorted(entries, key=lambda one: one.place):
        try:
            event = read_event(entry)
            identity = event.source, event.id
            fresh = identity not in seen and _is_new(event, contents)
        except Refused as refusal:
            intake.refused[entry.place] = refusal.reasons
            continue
        seen.add(identity)
        if fresh:
            intake.events.append(event)
        else:
            intake.repeats.append(event)
    return intake


def read_event(entry: Entry) -> Event:
    """The event in a record. Raises Refused."""
    if entry.value is None:
        raise Refused("bad_envelope")
    if len(entry.value) > BYTES_MAX:
        raise Refused("too_large")
    attributes, data = _open(entry, entry.value)
    try:
        if attributes["specversion"] != "1.0":
            raise ValueError("specversion")
        ids = [text(attributes[name]) for name in ("id", "source", "type")]
        time = instant(attributes["time"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Refused("bad_envelope") from None
    kind = str(ids[2])
    fields = REQUIRED.get((entry.topic, kind))
    if fields is None:
        raise Refused("unknown_type")
    if isinstance(data, Refused):
        raise data
    _check_fields(data, fields)
    _check_key(entry, data)
    return Event(entry, str(ids[0]), str(ids[1]), kind, time, data)


def _open(entry: Entry, value: bytes) -> tuple[dict[str, Any], Any]:
    """Attributes and data; data that is no JSON comes back as its refusal (types come first)."""
    media = (entry.header("content-type") or "").lower()
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        document = Refused("bad_json")
    if media.startswith("application/cloudevents+json"):
        if isinstance(document, Refused):
            raise document
        if not isinstance(document, dict) or "data" not in document:
            raise Refused("bad_envelope")
        return document, document["data"]
    if media.split(";")[0].strip() != "application/json":
        raise Refused("bad_envelope")
    names = [name for name, _ in entry.headers if name.lower().startswith("ce_")]
    return {name.lower()[3:]: entry.header(name.lower()) for name in names}, document


def _check_fields(data: Any, fields: dict[str, Check]) -> None:
    if not isinstance(data, dict):
        raise Refused("invalid")
    try:
        for name, check in fields.items():
            check(data[name])
        for name, check in OPTIONAL.items():
            if data.get(name) is not None:
                check(data[name])
        if "collection_id" in fields and not (
            data.get("reason_code") or data.get("reason_proprietary")
        ):
            raise ValueError("no reason")
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Refused("invalid") from None


def _check_key(entry: Entry, data: dict[str, Any]) -> None:
    expected = data.get("customer_id")
    if entry.topic == "applications":
        return  # keeps the key of its submission, which only the whole log knows
    if entry.key != str(expected).encode():
        raise Refused("key_mismatch")


def _business_key(event: Event) -> tuple[str, ...] | None:
    data = event.data
    if event.type == "direct-debit.failed.v1":
        return "debit", event.customer, data["collection_id"], str(data["attempt"])
    for name, kind in (
        ("payment_id", "payment.received.v1"),
        ("invoice_id", "invoice.issued.v1"),
        ("application_id", "application.submitted.v1"),
    ):
        if event.type == kind:
            return name, (event.entry.key or b"").decode(errors="replace"), data[name]
    return None


def _is_new(event: Event, contents: dict[tuple[str, ...], list[dict[str, Any]]]) -> bool:
    """False for known content. Raises Refused for other content under a known business id."""
    key = _business_key(event)
    if key is None:
        return True
    known = contents.setdefault(key, [])
    if event.data in known:
        return False
    if known and not _settles(known[0], event.data):
        raise Refused("conflict")
    known.append(event.data)
    return True


def _settles(first: dict[str, Any], later: dict[str, Any]) -> bool:
    """A provisional payment and the settled one are the same payment, in either order."""

    def bare(data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "provisional"}

    return "payment_id" in first and bare(first) == bare(later)
