"""Rule sets that a story needs: the starting document with what the story says otherwise."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson

from domain.collections.policy import CollectionsPolicy, load_policy
from domain.rulesets import RULE_SETS, parse, replaced, starting_of
from dunnock.embedded.problems import Problem


@cache
def _starting() -> CollectionsPolicy:
    return load_policy("https://dunnock.example/pay", "nothing is signed with this")


def starting_version(name: str) -> int:
    """Below which a published version has no effect. Raises Problem for an unknown name."""
    if name not in RULE_SETS:
        raise Problem(f"No rule set is called {name!r}: there are {', '.join(sorted(RULE_SETS))}.")
    return starting_of(_starting(), name).version


def document(name: str, changes: dict[str, Any], version: int) -> bytes:
    """The rule set as it starts, with `changes` laid over it: tables are merged, lists replaced.

    Raises Problem for one that is not sound.
    """
    starting_version(name)
    starting = starting_of(_starting(), name).model_dump_json(by_alias=True)
    merged = _laid_over(orjson.loads(starting), changes) | {"id": name, "version": version}
    text = orjson.dumps(merged)
    try:
        parse(name, text)
    except ValueError as error:
        raise Problem(f"The rule set {name} of this story is not sound: {error}.") from error
    return text


def in_force(told: dict[str, bytes]) -> CollectionsPolicy:
    """The starting policy with the documents that the story has published."""
    return replaced(_starting(), {name: parse(name, text) for name, text in told.items()})


def _laid_over(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        below = merged.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[name] = _laid_over(below, value)
        else:
            merged[name] = value
    return merged
