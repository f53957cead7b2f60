"""A rule set's document as blocks that people read: facts, and tables of rows.

Generic, so that every rule set has its page: where rows have a jurisdiction they stand together,
columns that few rows have share one, `valid_from` and `source` come last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.policy.difference import Step, place_of, text_of

Path = tuple[Step, ...]
_LAST = ("valid_from", "valid_until", "source")
_UNVERIFIED = ("unverified", "[derived]", "[conflict", "not read", "not verified")
#: A column of its own is for what at least this share of the rows have.
_OWN_COLUMN = 0.6
_GROUPS = ("jurisdiction",)
DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, or one fact; `path` is where it stands in the document."""

    path: Path
    name: str
    cells: Mapping[str, str]
    details: tuple[tuple[str, str], ...] = ()

    @property
    def is_unverified(self) -> bool:
        """Whether its source says that nobody has read it."""
        return is_unverified(self.cells.get("source", ""))


@dataclass(frozen=True, slots=True)
class Block:
    """`columns` empty: facts, a line each, in the cell `value`."""

    path: Path
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...] = field(default=())
    group: str = ""

    @property
    def has_details(self) -> bool:
        """Whether some line has what no column shows."""
        return any(line.details for line in self.lines)


def is_unverified(source: str) -> bool:
    """Whether a source says of itself that it was not read or is our own inference."""
    return any(mark in source.lower() for mark in _UNVERIFIED)


def path_text(path: Path) -> str:
    """As a form's address carries it: `rows.3`."""
    return ".".join(str(step) for step in path)


def blocks(body: Mapping[str, Any], path: Path = ()) -> Iterator[Block]:
    """The whole document, in its order."""
    facts = {name: value for name, value in body.items() if _is_plain(value)}
    if facts:
        lines = tuple(
            Line((*path, name), name, {"value": text_of(value)}) for name, value in facts.items()
        )
        yield Block(path, place_of(path), (), lines)
    for name, value in body.items():
        inner = (*path, name)
        if _is_rows(value):
            rows = [((*inner, n), str(n + 1), row) for n, row in _counted(value)]
            yield from _tables(inner, rows)
        elif isinstance(value, Mapping) and value and all(map(_is_leaf, value.values())):
            yield from _tables(
                inner, [((*inner, key), str(key), one) for key, one in value.items()]
            )
        elif isinstance(value, Mapping):
            yield from blocks(value, inner)


def _counted(rows: Sequence[Any]) -> list[tuple[int, Mapping[str, Any]]]:
    return [(n, row if isinstance(row, Mapping) else {"value": row}) for n, row in enumerate(rows)]


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(item, Mapping) for item in value)
    return not isinstance(value, Mapping)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _is_leaf(value: Any) -> bool:
    """A table row by its key: an object of values, such as a template."""
    return isinstance(value, Mapping) and all(_is_plain(item) for item in value.values())


def _tables(path: Path, rows: list[tuple[Path, str, Mapping[str, Any]]]) -> Iterator[Block]:
    for name in _GROUPS:
        if all(name in row for _, _, row in rows):
            for group in dict.fromkeys(str(row[name]) for _, _, row in rows):
                yield _table(path, [one for one in rows if str(one[2][name]) == group], group)
            return
    yield _table(path, rows, "")


def _table(path: Path, rows: list[tuple[Path, str, Mapping[str, Any]]], group: str) -> Block:
    flat = [(where, name, dict(_flat(row))) for where, name, row in rows]
    seen = Counter(column for _, _, cells in flat for column in cells)
    own = [column for column, many in seen.items() if many >= len(flat) * _OWN_COLUMN]
    columns = [column for column in own if column not in _LAST]
    columns += [column for column in _LAST if column in seen]
    lines = tuple(
        Line(
            where,
            name,
            {column: cells.get(column, "") for column in columns},
            tuple((key, text) for key, text in cells.items() if key not in columns),
        )
        for where, name, cells in flat
    )
    return Block(path, place_of(path), tuple(columns), lines, group)


def _flat(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif _is_rows(value):
            yield f"{before}{name}", "\n".join(_short(item) for item in value)
        else:
            yield f"{before}{name}", text_of(value)


def _short(row: Any) -> str:
    if not isinstance(row, Mapping):
        return text_of(row)
    return ", ".join(f"{name} {text}" for name, text in _flat(row))
