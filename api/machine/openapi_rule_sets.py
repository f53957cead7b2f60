"""The part of the OpenAPI document about rule sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.rulesets import RULE_SETS

_ROOT = "/api/v1/rule-sets"
_TEXT = {"type": "string", "maxLength": 2000}
_WHEN = {"type": ["string", "null"], "format": "date-time"}
_PERSON = {"type": ["string", "null"]}
_NUMBER = {"type": "integer"}
_STATES = (
    "draft",
    "checked",
    "discarded",
    "submitted",
    "approved",
    "rejected",
    "published",
    "superseded",
)
_IN_FORCE = {
    "type": "object",
    "required": ["id", "version", "since", "by", "note", "waiting", "reaching", "findings"],
    "properties": {
        "id": {"enum": list(RULE_SETS)},
        "version": _NUMBER,
        "since": _WHEN,
        "by": _PERSON,
        "note": {"type": "string"},
        "waiting": _NUMBER,
        "reaching": {"type": "boolean"},
        "findings": {"type": "array", "items": {"type": "string"}},
    },
}
_VERSION = {
    "type": "object",
    "required": ["draft", "rule_set", "version", "base_version", "state", "author", "origin"],
    "properties": {
        "draft": _NUMBER,
        "rule_set": {"enum": list(RULE_SETS)},
        "version": {"type": ["integer", "null"]},
        "base_version": _NUMBER,
        "state": {"enum": list(_STATES)},
        "author": {"type": "string"},
        "origin": {"enum": ["written", "rolled_back", "forced"]},
        "published_at": _WHEN,
        "published_by": _PERSON,
    },
}
_CHANGE = {
    "type": "object",
    "required": ["place", "before", "after"],
    "properties": {"place": {"type": "string"}, "before": _PERSON, "after": _PERSON},
}
_DRAFT = {
    "allOf": [
        _VERSION,
        {
            "type": "object",
            "required": ["report", "approvals", "overtaken", "changes", "document"],
            "properties": {
                "report": {"type": ["object", "null"]},
                "approvals": {"type": "array", "items": {"type": "object"}},
                "overtaken": {"type": "boolean"},
                "changes": {"type": "array", "items": _CHANGE},
                "document": {"type": "object"},
            },
        },
    ]
}
_WRITTEN = {
    "document": {"type": "object", "description": "Without id, version and note"},
    "text": {"type": "string", "description": "The same as TOML or JSON"},
    "note": _TEXT,
}
_ACTED = {
    "comment": _TEXT,
    "acknowledged": {"type": "boolean", "description": "submit: the findings were read"},
    "confirmed": {"type": "integer", "description": "submit: the number in `report.confirm`"},
}

Problems = Callable[..., dict[str, Any]]


def rule_set_paths(problems: Problems) -> dict[str, Any]:
    """Path -> operations. `problems` gives the answers of the statuses that it is told."""
    several = {"type": "array", "items": _VERSION}
    entries = {"type": "array", "items": {"type": "object"}}
    return {
        _ROOT: {
            "get": {
                "operationId": "rule-sets",
                "summary": "Every rule set in force",
                "responses": _answers(_object(rule_sets=_list(_IN_FORCE)), problems),
            }
        },
        _ROOT + "/{id}": {
            "get": _read("rule-set", "A rule set with its document", _IN_FORCE, problems)
        },
        _ROOT + "/{id}/versions": {
            "get": _read("rule-set-versions", "Versions", _object(versions=several), problems)
        },
        _ROOT + "/{id}/history": {
            "get": _read("rule-set-history", "Who did what", _object(history=entries), problems)
        },
        _ROOT + "/{id}/drafts": {
            "post": _write("begin-draft", "Begin a draft", _WRITTEN, problems, made=True)
        },
        _ROOT + "/{id}/drafts/{draft}": {
            "get": _read("draft", "A version or draft", _DRAFT, problems, "draft"),
            "put": _write("save-draft", "Replace one's own draft", _WRITTEN, problems, "draft"),
        },
        _ROOT + "/{id}/drafts/{draft}/{action}": {
            "post": _write(
                "act-on-draft",
                "check and submit one's own; approve or reject another's, with a comment; publish",
                _ACTED,
                problems,
                "draft",
                "action",
            )
        },
        _ROOT + "/{id}/rollback": {
            "post": _write(
                "roll-back-rule-set",
                "A version that was in force before, in force again as a new one",
                {"to": _NUMBER, "comment": _TEXT},
                problems,
            )
        },
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(**members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(members), "properties": members}


def _parameters(*names: str) -> list[dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = {
        "id": {"enum": list(RULE_SETS)},
        "draft": _NUMBER,
        "action": {"enum": ["check", "submit", "approve", "reject", "publish", "discard"]},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas[name]} for name in names
    ]


def _answers(schema: dict[str, Any], problems: Problems, *more: int) -> dict[str, Any]:
    told = {"description": "As it stands", "content": {"application/json": {"schema": schema}}}
    return {"200": told, **problems(401, 403, 503, *more)}


def _read(
    operation: str, what: str, schema: dict[str, Any], problems: Problems, *names: str
) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": what,
        "parameters": _parameters("id", *names),
        "responses": _answers(schema, problems, 404),
    }


def _write(
    operation: str,
    what: str,
    members: dict[str, Any],
    problems: Problems,
    *names: str,
    made: bool = False,
) -> dict[str, Any]:
    responses = _answers(_DRAFT, problems, 400, 404, 409, 422)
    if made:
        responses["201"] = responses.pop("200")
    content = {"application/json": {"schema": {"type": "object", "properties": members}}}
    return {
        "operationId": operation,
        "summary": what,
        "parameters": _parameters("id", *names),
        "requestBody": {"required": False, "content": content},
        "responses": responses,
    }
