"""The part of the OpenAPI document about bank files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ROOT = "/api/v1/bank-files"
_WHEN = {"type": ["string", "null"], "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}
_MAYBE = {"type": ["string", "null"]}
_ID = {"type": "string", "minLength": 1, "maxLength": 200}
#: While a file is being read: how far it is.
_COUNTS = {
    "type": "object",
    "properties": dict.fromkeys(
        ("messages", "entries", "returns", "booked", "already_known", "unmatched", "rejected",
         "ignored", "done"),
        _COUNT,
    ),
}  # fmt: skip
_FILE = {
    "type": "object",
    "required": ["file_id", "name", "source", "bytes", "state", "times", "received_at", "counts"],
    "properties": {
        "file_id": {"type": "string", "description": "SHA-256 of the content"},
        "name": {"type": "string"},
        "source": {"enum": ["folder", "api", "page", "command"]},
        "bytes": _COUNT,
        "kind": _MAYBE,
        "state": {"enum": ["received", "reading", "booked", "rejected"]},
        "because": _MAYBE,
        "times": {"type": "integer", "minimum": 1},
        "received_at": _WHEN,
        "finished_at": _WHEN,
        "counts": _COUNTS,
        "report": {"type": ["object", "null"]},
        "again": {"type": "boolean", "description": "It was booked before"},
    },
}
_ROW = {
    "type": "object",
    "required": ["return_id", "line", "position", "why"],
    "properties": {
        "return_id": {"type": "string"},
        "line": {"type": "integer"},
        "position": {"type": "string"},
        "why": _MAYBE,
    },
}
_ONE = {
    "allOf": [
        _FILE,
        {"required": ["unmatched"], "properties": {"unmatched": {"type": "array", "items": _ROW}}},
    ]
}
_MANY = {
    "type": "object",
    "required": ["files"],
    "properties": {"files": {"type": "array", "items": _FILE}},
}
_CONTENT = {"type": "string", "format": "binary"}


def bank_file_paths(problems: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Paths; `problems(*statuses)` describes refusals."""
    return {
        _ROOT: {
            "get": _operation(
                "bank-files",
                "The newest bank files",
                {"200": _json(_MANY, "The files"), **problems(400, 401, 403, 503)},
                _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000}),
            ),
            "post": {
                **_operation(
                    "import-bank-file",
                    "Hand in a bank file (pain.002, camt.052/053/054; plain, gzip or zip)",
                    {
                        "200": _json(_FILE, "This very content is booked already"),
                        "202": _json(_FILE, "Taken in; its report follows under `Location`"),
                        **problems(400, 401, 403, 413, 503),
                    },
                    _parameter("name", "query", {"type": "string", "maxLength": 200}),
                ),
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/octet-stream": {"schema": _CONTENT},
                        "multipart/form-data": {
                            "schema": {"type": "object", "properties": {"file": _CONTENT}}
                        },
                    },
                },
            },
        },
        f"{_ROOT}/{{id}}": {
            "get": _operation(
                "bank-file",
                "A bank file, its report, and what of it waits for a person",
                {"200": _json(_ONE, "The file"), **problems(400, 401, 403, 404, 503)},
                _parameter("id", "path", _ID),
            )
        },
    }


def _operation(
    name: str, what: str, responses: dict[str, Any], parameter: dict[str, Any]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": what,
        "parameters": [parameter],
        "responses": responses,
    }


def _parameter(name: str, where: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _json(schema: dict[str, Any], what: str) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}
