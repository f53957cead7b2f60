"""Applications as JSON documents: merge patches, hashes, limits."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

#: A document nested deeper than this is refused: no application needs it.
DEPTH_MAX = 32


def merged(target: Any, patch: Any, depth: int = 0) -> Any:
    """A merge patch (RFC 7396) applied, as a new value: null removes, an object is merged, anything
    else replaces. Raises ValueError when the patch is nested too deep.
    """
    if depth > DEPTH_MAX:
        raise ValueError(f"the patch is nested deeper than {DEPTH_MAX}")
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value, depth + 1)
    return result


def hash_of(document: dict[str, Any]) -> str:
    """Two documents with the same content have the same hash, whatever the order of fields."""
    return sha256(to_json(_sorted(document))).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def depth_of(value: Any) -> int:
    """Nesting, found level by level: recursion would be the very thing to guard against."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for item in level
            for inner in (
                item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
            )
        ]
    return depth


def explained(error: ValueError) -> str:
    """What is wrong, by field and kind, without the values: they are personal data."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'document'}: {one['type']}"
        for one in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    )
