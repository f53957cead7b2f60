"""Writes a document as TOML, for people to read and edit: `tomllib` reads it back the same.

TOML has no null, so a document must have none. Values come before tables, as TOML wants it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
#: A list that would be longer on one line has one item a line.
_LINE_MAX = 90


def written(document: Mapping[str, Any]) -> str:
    """The TOML text of a JSON document. Raises TypeError for null and what JSON does not know."""
    return "\n".join(_table(document, ())).strip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for name, value in table.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(name)} = {_value(value)}"
    for name, value in table.items():
        inner = (*path, name)
        heading = ".".join(_key(part) for part in inner)
        if _is_table(value):
            yield f"\n[{heading}]"
            yield from _table(value, inner)
        elif _is_tables(value):
            for row in value:
                yield f"\n[[{heading}]]"
                yield from _table(row, inner)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_table, value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _paragraphs(value) if "\n" in value else _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        items = [_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        return line if len(line) <= _LINE_MAX else "[\n" + "".join(f"  {i},\n" for i in items) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _paragraphs(text: str) -> str:
    """A string of several lines, written as such: quotes and backslashes escaped."""
    escaped = "\n".join(_string(line)[1:-1] for line in text.split("\n"))
    return f'"""\n{escaped}"""'
