"""What a run left behind, as plain data: the log, the gateways and the live rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["lost", "wrong", "sent twice", "reminded after payment"]
KINDS: tuple[Kind, ...] = ("lost", "wrong", "sent twice", "reminded after payment")

IN_TOPICS = (
    "customers",
    "invoices",
    "payments",
    "failed-direct-debits",
    "applications",
    "interactions",
)
#: How far a reminder must have read its partition before it was decided.
LOOK_TOPICS = ("payments", "invoices", "customers", "interactions")
MESSAGE_TOPICS = ("messages.sms", "messages.push", "messages.email", "messages.letter")
#: Channels with a gateway simulator; letters stay on their topic.
GATEWAYS = ("sms", "push", "email")
OUT_TOPICS = (*MESSAGE_TOPICS, "decisions", "fee-status")


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed record. `acked_at` (epoch seconds): when its publisher had the broker's ack."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int = 0
    acked_at: float | None = None

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset

    def header(self, name: str) -> str | None:
        """A header as text, None when absent or not UTF-8."""
        for key, value in self.headers:
            if key.lower() == name:
                try:
                    return value.decode()
                except UnicodeDecodeError:
                    return None
        return None


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a gateway says it accepted it."""

    channel: str
    message_id: str
    to: str = ""
    received_at: str = ""


@dataclass(slots=True)
class Evidence:
    """Everything the judge may look at. Rows are the JSON of the live-row endpoints, or None."""

    inputs: list[Entry] = field(default_factory=list)
    outputs: list[Entry] = field(default_factory=list)
    dead_letters: list[Entry] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    customers: dict[str, Any] = field(default_factory=dict)
    fee_status: dict[str, Any] = field(default_factory=dict)
    applications: dict[str, Any] = field(default_factory=dict)
    #: Messages that a channel could neither deduplicate nor confirm (mail): shown as `unknown`.
    unknown: set[str] = field(default_factory=set)
    #: What the bureaus were told to say: family name -> {"score", "fraud"?}.
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from the truth."""

    kind: Kind
    subject: str
    detail: str


def counts(findings: Iterable[Finding]) -> dict[Kind, int]:
    """The four figures of a run, zeros included."""
    found = Counter(finding.kind for finding in findings)
    return {kind: found[kind] for kind in KINDS}


def instant(text: str) -> datetime:
    """An RFC 3339 instant in UTC. Raises ValueError when it is none or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return moment.astimezone(UTC)
