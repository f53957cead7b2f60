"""AsyncAPI 3.0 of the topics, built from the events' own models."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from domain.events import INPUTS, Data
from domain.events.outputs import (
    CaseChanged,
    DecisionMade,
    FeeStatusChanged,
    MessageRequested,
    MessageWithdrawn,
)

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
#: Reads and writes are told from where Dunnock stands.
_RECEIVES, _SENDS = "receive", "send"


def asyncapi(kafka: str, prefix: str) -> dict[str, Any]:
    """The whole document; `prefix` stands before every topic's address."""
    topics = {**INPUTS, **OUTPUTS}
    models = {model for events in topics.values() for model in events.values()}
    ordered = sorted(models, key=lambda model: model.__name__)
    references, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    names = {model: references[model, "validation"]["$ref"] for model in ordered}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dunnock events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 on Kafka, keyed by customer id (murmur2). "
            "Readers must read committed.",
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
        "operations": {
            f"{action}-{topic}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in events],
            }
            for action, side in ((_RECEIVES, INPUTS), (_SENDS, OUTPUTS))
            for topic, events in side.items()
        },
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "contentType": "application/json",
                    "headers": _HEADERS,
                    "payload": {"$ref": names[model]},
                }
                for events in topics.values()
                for name, model in events.items()
            },
            "schemas": definitions.get("$defs", {}),
        },
    }
