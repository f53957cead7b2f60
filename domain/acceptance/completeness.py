"""What is still missing in an application, as a typed list: the policy says what is required."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.acceptance.policy import Required
from domain.events.outputs import MissingField


def missing_in(
    document: Mapping[str, Any], required: Iterable[Required]
) -> tuple[MissingField, ...]:
    """The fields of `document` (an application as JSON) that must hold something and don't.

    A blank text, an empty list and an empty object hold nothing. Zero and false do.
    """
    kind = _at(document, "product.kind")
    channel = _at(document, "channel")
    gaps: list[MissingField] = []
    for rule in required:
        if rule.kinds is not None and kind not in rule.kinds:
            continue
        if rule.channels is not None and channel not in rule.channels:
            continue
        gaps.extend(MissingField(field=field, why=rule.why) for field in _gaps(document, rule))
    return tuple(gaps)


def _gaps(document: Mapping[str, Any], rule: Required) -> list[str]:
    if rule.any_of:
        return [] if any(_holds(_at(document, path)) for path in rule.any_of) else [rule.field]
    value = _at(document, rule.field)
    if not _holds(value):
        return [rule.field]
    if not isinstance(value, Mapping):
        return []
    return [f"{rule.field}.{part}" for part in rule.parts if not _holds(value.get(part))]


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _holds(value: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(_holds(part) for part in value.values())
    if isinstance(value, list | tuple):
        return len(value) > 0
    return True
