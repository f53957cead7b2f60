"""What happened in a story, in order and in local time, for people to read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dunnock.playing.driver import Output
from dunnock.playing.money import is_money, money_text
from dunnock.playing.shorthand import Event

_TEXT_MAX = 110
#: Fields that are said elsewhere, or that only machines need.
_SILENT = frozenset(
    {"customer_id", "message_id", "body", "subject", "last_look", "kind", "channel", "to", "at",
     "language", "payment_link", "not_after", "requested_at", "caused_by", "case_id", "tone",
     "changed_at", "rule", "headers"}
)  # fmt: skip
#: Of what is published: filled in, or what the type says already.
_USUAL = frozenset(
    {"name", "birth_date", "customer_since", "issued_on", "collection_id", "failed_at",
     "received_at", "reversed_at", "credited_at", "debtor_country"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """`in` was published, `out` came out, `note` says what was not sent and why."""

    at: dt.datetime
    way: Literal["in", "out", "note"]
    who: str
    text: str

    def line(self, zone: str) -> str:
        """With its local time."""
        arrow = {"in": "→", "out": "←", "note": "·"}[self.way]
        return f"{local(self.at, zone)}  {arrow} {self.text}"


def local(at: dt.datetime, zone: str) -> str:
    """A weekday, a date and a wall time."""
    return at.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


def published(event: Event) -> str:
    """What is told in, in a line."""
    if event.data is None:
        return f"{event.topic} {event.raw[:40]!r}"
    shown = {name: value for name, value in event.data.items() if name not in _USUAL}
    return f"{event.ce_type.removesuffix('.v1')} of {event.key}{_fields(shown)}"


def told(output: Output) -> str:
    """What an output says, in a line."""
    data = output.data
    if output.topic.startswith("messages."):
        channel = output.topic.split(".")[1]
        if output.ce_type == "message.withdrawn.v1":
            return f"{channel} withdrawn: {data['because']}"
        text = " ".join(str(data.get("body", "")).split())
        cut = text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 1] + "…"
        return f"{channel} {data.get('kind')}{_fields(data)} to {data.get('to')}: “{cut}”"
    if output.topic == "dead-letters":
        said = f"{data.get('ce_type')} from {data.get('topic')}"
        return f"dead letter {data.get('reason')}: {said} ({data.get('detail')})"
    return f"{output.topic}{_fields(data)}"


def ending(row: dict[str, Any] | None, zone: str) -> list[str]:
    """What the row says when the story is over: balance, next step, what was not sent."""
    if row is None:
        return ["no such customer"]
    balance = ", ".join(money_text(one) for one in row.get("balance", ())) or "nothing"
    lines = [f"open: {balance}"]
    step = row.get("next_step")
    if step:
        at = step.get("at")
        when = local(dt.datetime.fromisoformat(at), zone) if at else "held"
        rest = "".join(f", {k} {v}" for k, v in step.items() if k not in {"at", "kind"} and v)
        lines.append(f"next step: {step.get('kind')} {when}{rest}")
    else:
        lines.append("next step: none")
    for note in row.get("not_sent", ()):
        at = dt.datetime.fromisoformat(note["at"])
        until = note.get("deferred_to")
        later = f", deferred to {local(dt.datetime.fromisoformat(until), zone)}" if until else ""
        step_text = f" step {note['step']}" if note.get("step") else ""
        kind = str(note.get("kind", ""))
        lines.append(f"not sent {local(at, zone)}: {kind}{step_text}: {note['because']}{later}")
    return lines


def _fields(data: dict[str, Any]) -> str:
    words = []
    for name, value in data.items():
        if name in _SILENT or value in (None, [], {}, ""):
            continue
        if is_money(value):
            words.append(f"{name} {money_text(value)}")
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            words.append(f"{name} {' '.join(value)}")
        elif not isinstance(value, dict | list):
            words.append(f"{name} {value}")
    return f" {', '.join(words)}" if words else ""
