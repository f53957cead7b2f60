"""OpenAPI 3.1 of the REST API. A test compares it with the routes and with real answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime
from pydantic.json_schema import models_json_schema

from api.machine.openapi_actions import action_paths
from api.machine.openapi_bank_files import bank_file_paths
from api.machine.openapi_rule_sets import rule_set_paths
from domain.acceptance.state import ApplicationState
from domain.events.base import Data
from domain.events.outputs import CaseChanged, DecisionMade, FeeStatusChanged, NextStep
from domain.money import Money

_MODE: Literal["serialization"] = "serialization"
_REF = "#/components/schemas/{model}"


class ClockTime(Data):
    """The business time."""

    now: AwareDatetime


class Problem(Data):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class OpenItem(Data):
    """An invoice with something open."""

    invoice_id: str
    open: Money
    due_on: str
    state: str


class NotSentEntry(Data):
    """A message that was due and did not leave."""

    at: AwareDatetime
    because: str


class CustomerView(Data):
    """What one customer owes and what was done about it; further members may follow."""

    customer_id: str
    as_of: AwareDatetime
    balance: tuple[Money, ...]
    open: tuple[OpenItem, ...]
    next_step: NextStep | None = None
    not_sent: tuple[NotSentEntry, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    operation: str
    what: str
    model: type[Data]


ROWS = (
    _Row("/api/v1/customers/{id}", "customer", "a customer's balance and history", CustomerView),
    _Row("/api/v1/fee-status/{id}", "fee-status", "a customer's fee status", FeeStatusChanged),
    _Row("/api/v1/applications/{id}", "application", "an application", ApplicationState),
    _Row("/api/v1/decisions/{id}", "decision", "a decision", DecisionMade),
    _Row("/api/v1/cases/{id}", "case", "a collection case", CaseChanged),
)
_MODELS: tuple[type[Data], ...] = (*(row.model for row in ROWS), ClockTime, Problem)


def openapi(public_url: str) -> dict[str, Any]:
    references, definitions = models_json_schema(
        [(model, _MODE) for model in _MODELS], ref_template=_REF
    )
    schemas = {model: dict(references[model, _MODE]) for model in _MODELS}
    paths = {row.path: {"get": _row_operation(row, schemas[row.model])} for row in ROWS}
    paths["/api/v1/clock"] = _clock_operations(schemas[ClockTime])
    paths |= rule_set_paths(_problems) | bank_file_paths(_problems)
    paths |= action_paths(_problems)
    for path, what in (
        ("/healthz", "The process lives"),
        ("/readyz", "Everything that a live row takes is there"),
        ("/metrics", "Metrics in Prometheus' text format"),
    ):
        paths[path] = {"get": _open_operation(path.strip("/"), what, ready=path == "/readyz")}
    for path in ("/openapi.json", "/asyncapi.json"):
        paths[path] = {"get": _open_operation(path[1:-5], "A document like this one", ready=False)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dunnock", "version": "1.0.0"},
        "servers": [{"url": public_url}],
        "security": [{"api_key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "api_key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "dunnock_session"},
            },
            "schemas": definitions.get("$defs", {}),
        },
    }


def _json(schema: dict[str, Any], what: str) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: int) -> dict[str, Any]:
    reference = {"$ref": _REF.format(model=Problem.__name__)}
    content = {"application/problem+json": {"schema": reference}}
    return {str(status): {"description": "See `detail`", "content": content} for status in statuses}


def _row_operation(row: _Row, schema: dict[str, Any]) -> dict[str, Any]:
    as_of = {"properties": {"as_of": {"type": "string", "format": "date-time"}}}
    return {
        "operationId": row.operation,
        "summary": f"The live row of {row.what}",
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        ],
        "responses": {
            "200": _json({"allOf": [schema, as_of]}, "The row and the time it had reached"),
            **_problems(400, 401, 403, 404, 503),
        },
    }


def _clock_operations(schema: dict[str, Any]) -> dict[str, Any]:
    one_of = [
        {
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "string", "format": form, "examples": [example]}},
        }
        for name, form, example in (
            ("advance", "duration", "PT24H"),
            ("to", "date-time", "2026-06-02T09:00:00Z"),
        )
    ]
    return {
        "get": {
            "operationId": "clock",
            "summary": "The business time",
            "responses": {"200": _json(schema, "Now"), **_problems(401, 403, 503)},
        },
        "post": {
            "operationId": "move-clock",
            "summary": "Move the simulated clock; answers when all that fell due is done",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"oneOf": one_of}}},
            },
            "responses": {
                "200": _json(schema, "The time it is now"),
                **_problems(400, 401, 403, 409, 503),
            },
        },
    }


def _open_operation(name: str, what: str, *, ready: bool) -> dict[str, Any]:
    responses = {"200": {"description": what}}
    if ready:
        responses["503"] = {"description": "Not now; the conditions say why"}
    return {"operationId": name, "summary": what, "security": [], "responses": responses}
