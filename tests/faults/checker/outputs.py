"""The product's own messages and decisions, read from their topics."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checker.evidence import MESSAGE_TOPICS, Entry


@dataclass(frozen=True, slots=True)
class Message:
    """One `message.requested.v1`."""

    entry: Entry
    channel: str
    data: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["message_id"])

    @property
    def customer(self) -> str:
        return str(self.data["customer_id"])

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    @property
    def cause(self) -> str:
        return str(self.data["caused_by"])

    @property
    def invoices(self) -> list[str]:
        return list(self.data.get("invoice_ids", ()))


@dataclass(slots=True)
class Outputs:
    """What the product said, sorted."""

    messages: list[Message] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    decisions: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    fee_status: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    unreadable: list[Entry] = field(default_factory=list)

    def of(self, customer: str, kind: str) -> list[Message]:
        """A customer's messages of one kind."""
        return [one for one in self.messages if one.customer == customer and one.kind == kind]


def read_outputs(entries: Iterable[Entry]) -> Outputs:
    """Sort the output topics; a record that breaks the contract's form is `unreadable`."""
    outputs = Outputs()
    for entry in sorted(entries, key=lambda one: one.place):
        try:
            _add(outputs, entry, json.loads(entry.value or b""))
        except (ValueError, KeyError, TypeError):
            outputs.unreadable.append(entry)
    return outputs


def _add(outputs: Outputs, entry: Entry, data: dict[str, Any]) -> None:
    kind = entry.header("ce_type")
    if entry.topic in MESSAGE_TOPICS and kind == "message.requested.v1":
        message = Message(entry, entry.topic.removeprefix("messages."), data)
        if not (message.id and message.customer and message.kind and message.cause):
            raise ValueError("empty field")
        outputs.messages.append(message)
    elif entry.topic in MESSAGE_TOPICS and kind == "message.withdrawn.v1":
        outputs.withdrawn.add(data["message_id"])
    elif kind == "decision.made.v1":
        outputs.decisions[data["application_id"]].append(data)
    elif kind == "fee-status.changed.v1":
        outputs.fee_status[data["customer_id"]].append(data)
    else:
        raise ValueError("unknown type")
