"""What changed between two documents, cell by cell, as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Step = str | int


@dataclass(frozen=True, slots=True)
class Change:
    """One cell. `before` None: it is new; `after` None: it is gone."""

    place: str
    before: str | None
    after: str | None


def place_of(path: Sequence[Step]) -> str:
    """`("rows", 2, "action")` as `rows[3].action`: people count rows from one."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every cell that differs. Rows of `after` are counted, those that are gone as in `before`."""
    return list(_compared((), before, after))


def text_of(value: Any) -> str:
    """A cell as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple) and not any(isinstance(item, dict) for item in value):
        return ", ".join(text_of(item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _compared(path: tuple[Step, ...], before: Any, after: Any) -> Iterator[Change]:
    if _same(before) == _same(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = (*path, name)
            if name not in after:
                yield from _gone(inner, before[name])
            elif name not in before:
                yield from _new(inner, after[name])
            else:
                yield from _compared(inner, before[name], after[name])
    elif _has_rows(before) and _has_rows(after):
        yield from _rows(path, before, after)
    else:
        yield Change(place_of(path), text_of(before), text_of(after))


def _same(value: Any) -> str:
    """Equal for equal documents only: Python takes `true` for 1."""
    return json.dumps(value, sort_keys=True)


def _has_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _rows(path: tuple[Step, ...], before: list[Any], after: list[Any]) -> Iterator[Change]:
    """Rows that are equal stay together; what stands between them is compared in order."""
    old, new = ([_same(row) for row in rows] for rows in (before, after))
    for how, b1, b2, a1, a2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            continue
        paired = min(b2 - b1, a2 - a1)
        for number in range(paired):
            yield from _compared((*path, a1 + number), before[b1 + number], after[a1 + number])
        for number in range(b1 + paired, b2):
            yield from _gone((*path, number), before[number])
        for number in range(a1 + paired, a2):
            yield from _new((*path, number), after[number])


def _leaves(path: tuple[Step, ...], value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves((*path, name), item)
    elif _has_rows(value):
        for number, item in enumerate(value):
            yield from _leaves((*path, number), item)
    else:
        yield place_of(path), text_of(value)


def _gone(path: tuple[Step, ...], value: Any) -> Iterator[Change]:
    for place, text in _leaves(path, value):
        yield Change(place, text, None)


def _new(path: tuple[Step, ...], value: Any) -> Iterator[Change]:
    for place, text in _leaves(path, value):
        yield Change(place, None, text)
