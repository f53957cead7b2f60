"""Events of the contract as rows: decisions, messages, interactions, dead letters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.postgres.projection import Upsert, Write
from domain.events.actions import Action
from domain.events.base import Envelope
from domain.events.customers import Interaction
from streams.codec import decode_input, key_text, unwrap
from streams.core.records import Record
from streams.topics import INTERACTIONS

_DECISION_FIELDS = (
    "decision_id", "application_id", "customer_id", "outcome", "light", "score", "degraded",
    "machine_outcome", "final_outcome", "final_by", "decided_at",
)  # fmt: skip
_MESSAGE_FIELDS = (
    "message_id", "customer_id", "kind", "channel", "language", "subject", "body",
    "payment_link", "invoice_ids", "amount_due", "step", "tone", "caused_by", "last_look",
    "requested_at", "not_after", "notice", "template",
)  # fmt: skip
#: What happened to a message, by the interaction that says so.
_OUTCOMES = {"message.delivered.v1": "delivered_at", "message.opened.v1": "opened_at"}


def as_of(record: Record) -> str:
    """When the record was written, for people."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat()


def decision(record: Record) -> list[Write]:
    """`decision.made.v1`, and where the live row is."""
    data = orjson.loads(unwrap(record)[1])
    row = {name: data.get(name) for name in _DECISION_FIELDS}
    index = {"kind": "decisions", "id": data["decision_id"], "key": key_text(record)}
    return [
        Upsert("decisions", row | {"row": data, "as_of": as_of(record)}),
        Upsert("row_index", index),
    ]


def message(record: Record) -> list[Write]:
    """`message.requested.v1` and `message.withdrawn.v1`."""
    envelope, raw = unwrap(record)
    data = orjson.loads(raw)
    row: dict[str, Any]
    if envelope.type == "message.withdrawn.v1":
        row = {
            "message_id": data["message_id"],
            "customer_id": data["customer_id"],
            "withdrawn_at": data["at"],
            "withdrawn_because": data["because"],
        }
    else:
        row = {name: data.get(name) for name in _MESSAGE_FIELDS} | {"recipient": data["to"]}
    return [Upsert("messages", row | {"as_of": as_of(record)})]


def interaction(record: Record) -> list[Write]:
    """Any interaction; a receipt is also noted with its message."""
    envelope, data = decode_input(INTERACTIONS, record)
    if isinstance(data, Action):
        return [_action(envelope, data, record)]
    if not isinstance(data, Interaction):
        raise TypeError(f"{envelope.type} is no interaction")
    row = {
        "source": envelope.source,
        "event_id": envelope.id,
        "type": envelope.type,
        "customer_id": data.customer_id,
        "channel": data.channel,
        "at": data.at.isoformat(),
        "message_id": data.message_id,
        "direction": data.direction,
        "detail": data.detail,
        "as_of": as_of(record),
    }
    return [Upsert("interactions", row), *_receipt(envelope.type, data)]


def _action(envelope: Envelope, data: Action, record: Record) -> Write:
    """What staff or the customer decided: in the list of interactions, all of it in `detail`."""
    row = {
        "source": envelope.source,
        "event_id": envelope.id,
        "type": envelope.type,
        "customer_id": data.customer_id,
        "channel": "staff" if data.by != "customer" else "self_service",
        "at": data.at.isoformat(),
        # An account's number is nobody's reading: its last four digits tell it apart.
        "detail": data.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"iban"}),
        "as_of": as_of(record),
    }
    return Upsert("interactions", row)


def _receipt(ce_type: str, data: Interaction) -> list[Write]:
    if data.message_id is None:
        return []
    outcome: dict[str, Any] = {"message_id": data.message_id}
    if ce_type in _OUTCOMES:
        outcome[_OUTCOMES[ce_type]] = data.at.isoformat()
    elif ce_type == "message.failed.v1":
        detail = data.detail if isinstance(data.detail, dict) else {}
        state = detail.get("state")
        outcome |= {
            "failed_at": data.at.isoformat(),
            "failed_state": state if state in {"unknown", "expired"} else "failed",
            "failed_reason": str(detail.get("reason", ""))[:200] or None,
        }
    else:
        return []
    return [Upsert("messages", outcome)]


def dead_letter(record: Record) -> list[Write]:
    """The record as it came, byte for byte, with what its headers say of it."""
    about = {name: value.decode(errors="replace") for name, value in record.headers if value}
    row = {
        "partition": record.partition,
        "offset": record.offset,
        "from_topic": about.get("dl_topic"),
        "from_partition": _number(about.get("dl_partition")),
        "from_offset": _number(about.get("dl_offset")),
        "reason": about.get("dl_reason"),
        "detail": about.get("dl_detail"),
        "key": _hex(record.key),
        "value": _hex(record.value),
        "headers": {name: text for name, text in about.items() if not name.startswith("dl_")},
        "recorded_at": as_of(record),
    }
    return [Upsert("dead_letters", row)]


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _hex(raw: bytes | None) -> str | None:
    return None if raw is None else "\\x" + raw.hex()
