"""AsyncAPI 3.0 of the topics, built from the events' own models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from domain.events import INPUTS, Data
from domain.events.agreements import AGREEMENTS
from domain.events.debits import DIRECT_DEBITS
from domain.events.hand_overs import DebtGivenUp, GivenUpChanged
from domain.events.outputs import (
    CaseChanged,
    DecisionMade,
    FeeStatusChanged,
    MessageRequested,
    MessageWithdrawn,
)
from domain.events.overdue import OverdueStateChanged, ServiceConsequence
from streams.topics import DEAD_LETTERS

_MESSAGES: dict[str, type[Data]] = {
    "message.requested.v1": MessageRequested,
    "message.withdrawn.v1": MessageWithdrawn,
}
OUTPUTS: dict[str, dict[str, type[Data]]] = {
    "decisions": {"decision.made.v1": DecisionMade},
    "messages.sms": _MESSAGES,
    "messages.push": _MESSAGES,
    "messages.email": _MESSAGES,
    "messages.letter": _MESSAGES,
    "fee-status": {"fee-status.changed.v1": FeeStatusChanged},
    "cases": {"case.changed.v1": CaseChanged},
    "arrangements": AGREEMENTS,
    "overdue-states": {
        "overdue-state.changed.v1": OverdueStateChanged,
        "service.consequence.v1": ServiceConsequence,
    },
    "hand-overs": {
        "hand-over.filed.v1": DebtGivenUp,
        "hand-over.changed.v1": GivenUpChanged,
        "hand-over.recalled.v1": GivenUpChanged,
        "write-off.booked.v1": DebtGivenUp,
        "write-off.changed.v1": GivenUpChanged,
        "write-off.reversed.v1": GivenUpChanged,
    },
    "direct-debits": DIRECT_DEBITS,
}
#: Topics of others that we write to as well: the dispatchers' receipts, payments through a link.
_ALSO_SENT: Mapping[str, tuple[str, ...]] = {
    "interactions": ("message.delivered.v1", "message.failed.v1", "link-payment.started.v1"),
    "payments": ("payment.received.v1",),
}
_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string"},
        "content-type": {"const": "application/json"},
    },
}
_DEAD_LETTER = "dead-letter"
_DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
_DEAD_LETTER_MESSAGE = {
    "name": _DEAD_LETTER,
    "description": "The original bytes, key and headers, with the place and the reason.",
    "headers": {
        "type": "object",
        "required": ["dl_topic", "dl_partition", "dl_offset", "dl_reason", "dl_detail"],
        "properties": {
            "dl_topic": {"type": "string", "description": "Its name without a prefix."},
            "dl_partition": _DIGITS,
            "dl_offset": _DIGITS,
            "dl_reason": {"type": "string", "description": "A short code."},
            "dl_detail": {"type": "string", "description": "Names fields, never values."},
            "dl_cut": {
                **_DIGITS,
                "description": "Only where the record was too large to be carried whole: its"
                " size in bytes. What stands here is its beginning.",
            },
        },
    },
}
#: Reads and writes are told from where Dunnock stands.
_RECEIVES, _SENDS = "receive", "send"


def asyncapi(kafka: str, prefix: str) -> dict[str, Any]:
    """The whole document; `prefix` stands before every topic's address."""
    topics = _names({**INPUTS, **OUTPUTS})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dunnock events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 on Kafka, keyed by customer id (murmur2). "
            "Readers must read committed. What we receive may also be structured "
            "(content-type application/cloudevents+json); what we send is binary.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": kafka, "protocol": "kafka"}},
        "channels": {
            topic: {
                "address": prefix + topic,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in events},
            }
            for topic, events in topics.items()
        },
        "operations": _operations(),
        "components": _components(),
    }


def _operations() -> dict[str, Any]:
    sides = (
        (_RECEIVES, _names(INPUTS)),
        (_SENDS, {**_names(OUTPUTS), **_ALSO_SENT}),
    )
    return {
        f"{action}-{topic}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic}"},
            "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in events],
        }
        for action, side in sides
        for topic, events in side.items()
    }


def _components() -> dict[str, Any]:
    of_topics = (*INPUTS.values(), *OUTPUTS.values())
    events = {name: model for events in of_topics for name, model in events.items()}
    ordered = sorted(set(events.values()), key=lambda model: model.__name__)
    references, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    messages = {
        name: {
            "name": name,
            "contentType": "application/json",
            "headers": _HEADERS,
            "payload": {"$ref": references[model, "validation"]["$ref"]},
        }
        for name, model in events.items()
    }
    return {
        "messages": {_DEAD_LETTER: _DEAD_LETTER_MESSAGE, **messages},
        "schemas": definitions.get("$defs", {}),
    }


def _names(topics: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Message names by topic; dead letters go beside what we send."""
    named = {topic: list(events) for topic, events in topics.items()}
    return named if topics is INPUTS else {**named, DEAD_LETTERS: [_DEAD_LETTER]}
