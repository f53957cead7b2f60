"""Editing one row by a form: which cells it has, of which kind, and their text back as values."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from api.rule_sets.blocks import Path
from domain.drafts import Body
from domain.policy.difference import text_of
from domain.rulesets import RULE_SETS

Kind = Literal["text", "long", "number", "list", "choice"]
Schema = Mapping[str, Any]
_LONG = 80


@dataclass(frozen=True, slots=True)
class CellField:
    """An input of the form."""

    name: str
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    required: bool = False


class NoSuchRow(ValueError):
    """The address names no row of the document."""


def row_at(body: Body, path: str) -> tuple[Path, dict[str, Any]]:
    """The object at `rows.3`, or the document itself where `path` is empty."""
    found: Any = body
    steps: list[str | int] = []
    for part in path.split(".") if path else []:
        if isinstance(found, list) and part.isascii() and part.isdigit() and int(part) < len(found):
            steps.append(int(part))
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            steps.append(part)
            found = found[part]
        else:
            raise NoSuchRow(path)
    if not isinstance(found, dict):
        raise NoSuchRow(path)
    return tuple(steps), found


def fields_of(rule_set: str, path: Path, row: Mapping[str, Any]) -> list[CellField]:
    """Every plain cell that the row has or may have, in the order of the model."""
    schema = _schema_at(rule_set, path, row)
    properties: Mapping[str, Schema] = schema.get("properties", {})
    names = [name for name in properties if name not in {"id", "version", "note"} or path]
    names += [name for name in row if name not in properties]
    required = set(schema.get("required", ()))
    found = []
    for name in names:
        schema_of = properties.get(name, {})
        cell = _field(rule_set, name, schema_of, row.get(name), required=name in required)
        if cell is not None:
            found.append(cell)
    return found


def nested_in(row: Mapping[str, Any]) -> list[str]:
    """Names of the objects inside a row that have a form of their own."""
    return [name for name, value in row.items() if isinstance(value, Mapping)]


def with_cells(rule_set: str, body: Body, path: Path, texts: Mapping[str, str]) -> Body:
    """A copy of the document with the row's cells as the form has them. Empty: left out."""
    changed: Body = copy.deepcopy(body)
    row: Any = changed
    for step in path:
        row = row[step]
    for cell in fields_of(rule_set, path, row):
        if cell.name not in texts:
            continue
        text = texts[cell.name].replace("\r\n", "\n")
        if cell.kind != "long":
            text = text.strip()
        if text == cell.text.strip() and (text or cell.name not in row):
            continue  # untouched: it stays exactly as it is, also its blanks
        if text or cell.kind == "list":
            row[cell.name] = _value(cell, text)
        else:
            row.pop(cell.name, None)
    return changed


def with_row(body: Body, path: Path, what: Literal["copy", "remove"]) -> Body:
    """A copy of the document with one row more, or less, in the list that the path leads into."""
    changed: Body = copy.deepcopy(body)
    rows: Any = changed
    for step in path[:-1]:
        rows = rows[step]
    if not path or not isinstance(rows, list) or not isinstance(path[-1], int):
        raise NoSuchRow("only a row of a list is copied or removed")
    if what == "remove":
        del rows[path[-1]]
    else:
        rows.insert(path[-1] + 1, copy.deepcopy(rows[path[-1]]))
    return changed


def _value(cell: CellField, text: str) -> Any:
    if cell.kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if cell.kind == "number":
        try:
            return int(text)
        except ValueError:
            return text  # the check tells with its place what is wrong with it
    if cell.choices == ("true", "false"):
        return text == "true"
    return text


def _field(
    rule_set: str, name: str, schema: Schema, value: Any, *, required: bool
) -> CellField | None:
    """None for what is no plain cell: objects, and lists of rows."""
    options = list(_options(rule_set, schema))
    choices = tuple(str(choice) for one in options for choice in _choices(one))
    kinds = {one.get("type") for one in options}
    text = "" if value is None else text_of(value)
    kind: Kind = "long" if "\n" in text or len(text) > _LONG else "text"
    if isinstance(value, Mapping) or (value is None and "object" in kinds):
        return None
    if isinstance(value, list) or (value is None and "array" in kinds):
        if not _is_plain_list(rule_set, options, value):
            return None
        kind, choices = "list", ()
    elif isinstance(value, bool) or kinds == {"boolean"}:
        kind, choices = "choice", ("true", "false")
    elif choices:
        kind = "choice"
    elif "integer" in kinds and not isinstance(value, str):
        kind = "number"
    return CellField(name, kind, text, choices, required)


def _is_plain_list(rule_set: str, options: list[Schema], value: Any) -> bool:
    items = [_resolved(rule_set, one.get("items", {})) for one in options]
    has_rows = any(isinstance(item, Mapping) for item in value or ())
    return not has_rows and all("properties" not in one and "oneOf" not in one for one in items)


def _choices(schema: Schema) -> tuple[Any, ...]:
    return (schema["const"],) if "const" in schema else tuple(schema.get("enum", ()))


@cache
def _whole(rule_set: str) -> Schema:
    return RULE_SETS[rule_set][1].model_json_schema()


def _resolved(rule_set: str, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = _whole(rule_set)["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _options(rule_set: str, schema: Schema) -> Iterator[Schema]:
    """What the value may be, without null."""
    found = _resolved(rule_set, schema)
    for one in found.get("anyOf", found.get("oneOf", [found])):
        inner = _resolved(rule_set, one)
        if "anyOf" in inner or "oneOf" in inner:
            yield from _options(rule_set, inner)
        elif inner.get("type") != "null":
            yield inner


def _schema_at(rule_set: str, path: Path, row: Mapping[str, Any]) -> Schema:
    """The schema of the object at `path`; of several, the one whose fixed values are the row's."""
    options: list[Schema] = [_whole(rule_set)]
    for step in path:
        inner: list[Schema] = []
        for one in options:
            more = one.get("additionalProperties")
            if isinstance(step, int):
                inner += _options(rule_set, one.get("items", {}))
            elif step in one.get("properties", {}):
                inner += _options(rule_set, one["properties"][step])
            elif isinstance(more, Mapping):
                inner += _options(rule_set, more)
        options = inner
    fitting = [one for one in options if _fits(one, row)]
    return (fitting or options or [{}])[0]


def _fits(schema: Schema, row: Mapping[str, Any]) -> bool:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    return all(
        row.get(name) == one["const"] for name, one in properties.items() if "const" in one
    ) and not (set(row) - set(properties))
