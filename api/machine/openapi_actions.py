"""The part of the OpenAPI document about what staff and systems decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.actions.publishing import FOUR_EYES
from api.machine.actions import ALLOWED


def action_paths(problems: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """`problems`: the answers of the given statuses."""
    body = {
        "type": "object",
        "required": ["type", "data", "reason"],
        "additionalProperties": False,
        "properties": {
            "type": {"enum": list(ALLOWED)},
            "data": {"type": "object", "description": "As in the event's schema (AsyncAPI)."},
            "reason": {"type": "string", "minLength": 1, "maxLength": 1000},
        },
    }
    answer = {
        "type": "object",
        "required": ["event_id", "type"],
        "properties": {"event_id": {"type": "string"}, "type": {"enum": list(ALLOWED)}},
    }
    two = ", ".join(sorted(FOUR_EYES))
    operation = {
        "operationId": "act",
        "summary": "Decide something about a customer: it is on the log when this answers",
        "description": f"What takes two people is refused (409): {two}.",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            },
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key from the same caller is the same event.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "202": {
                "description": "The log has it; the customer's row follows",
                "content": {"application/json": {"schema": answer}},
            },
            **problems(400, 401, 403, 404, 409, 422, 503),
        },
    }
    return {"/api/v1/customers/{id}/actions": {"post": operation}}
