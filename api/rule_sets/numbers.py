"""Legal and business numbers: every dated row of every rule set, with where it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.rule_sets.blocks import Path, is_unverified
from domain.policy.difference import place_of, text_of

_CHARACTERS_MAX = 300
_BESIDE = ("valid_from", "source")


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row that says since when it holds and where it was read."""

    rule_set: str
    place: str
    values: str
    valid_from: str
    source: str
    is_unverified: bool


def dated_rows(rule_set: str, body: Mapping[str, Any]) -> list[DatedRow]:
    """Those of one rule set, in its order. A document that is dated as a whole is one row."""
    return list(_found(rule_set, body, ()))


def _found(rule_set: str, value: Any, path: Path) -> Iterator[DatedRow]:
    if isinstance(value, Mapping):
        if "source" in value:
            source = str(value["source"])
            yield DatedRow(
                rule_set,
                place_of(path),
                _values(value),
                str(value.get("valid_from", "")),
                source,
                is_unverified(source),
            )
        for name, item in value.items():
            yield from _found(rule_set, item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _found(rule_set, item, (*path, number))


def _values(row: Mapping[str, Any]) -> str:
    """What the row says, short: the page of the rule set has all of it."""
    shown = [
        f"{name}: {text_of(value)}"
        for name, value in row.items()
        if name not in _BESIDE and not _has_own_rows(value)
    ]
    text = "; ".join(shown)
    return text if len(text) <= _CHARACTERS_MAX else text[:_CHARACTERS_MAX].rstrip() + " …"


def _has_own_rows(value: Any) -> bool:
    rows = value if isinstance(value, list) else [value]
    return any(isinstance(row, Mapping) and ("source" in row or len(row) > 8) for row in rows)
