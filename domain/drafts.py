"""A rule set as people write it: read from TOML or JSON, checked with the place of each fault.

A draft is the body of a rule set. Its id is known, its version is assigned when it is submitted,
and its note is kept beside it, so none of the three stands in the text that people edit.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pydantic
from pydantic_core import to_jsonable_python

from domain.policy.difference import place_of
from domain.policy.ruleset import RuleSet
from domain.rulesets import RULE_SETS, UNFORESEEN

#: Nobody writes a rule set longer than this.
CHARACTERS_MAX = 200_000
_FAULTS_MAX = 50
_DEPTH_MAX = 30
#: NUL and halves of characters: no database and no page can hold them.
_STRANGE = re.compile("[\x00\ud800-\udfff]")
_BESIDE = ("id", "version", "note")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where: `rows[3].action`, `line 7, column 3`, or empty for the whole."""

    place: str
    message: str


class Unreadable(ValueError):
    """The text is neither TOML nor JSON of a document."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.fault = Fault(place, message)


@dataclass(frozen=True, slots=True)
class Checked:
    """`rules` is None exactly when there are faults; `findings` are warnings for people."""

    rules: RuleSet | None
    faults: tuple[Fault, ...]
    findings: tuple[str, ...] = ()


def read(text: str) -> Body:
    """A document from TOML, or from JSON where it begins with a brace. Raises Unreadable.

    What comes back can be stored and shown as it is: nothing infinite, no depths, plain text.
    """
    if len(text) > CHARACTERS_MAX:
        raise Unreadable("", f"longer than {CHARACTERS_MAX} characters")
    try:
        is_json = text.lstrip().startswith("{")
        # Exact numbers: a rate must not become a float on its way.
        load = json.loads if is_json else tomllib.loads
        found = load(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(place, f"this is not JSON: {error.msg}") from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        where = place.rstrip(")") if message else ""
        raise Unreadable(where, f"this is not TOML: {message or error}") from None
    except RecursionError:
        raise Unreadable("", "nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable("", str(error)) from None
    return {
        str(name): _read(value, (name,)) for name, value in found.items() if name not in _BESIDE
    }


def _read(value: Any, path: tuple[str | int, ...]) -> Any:
    if len(path) > _DEPTH_MAX:
        raise Unreadable(place_of(path[:3]), "nested too deeply")
    if isinstance(value, dict):
        return {_read(name, path): _read(item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_read(item, (*path, number)) for number, item in enumerate(value)]
    if isinstance(value, str) and _STRANGE.search(value):
        raise Unreadable(place_of(path), "characters that no text has")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable(place_of(path), "not a finite number")
    return _json(value)


def check(rule_set_id: str, body: Body) -> Checked:
    """Whether the body is a sound rule set; `rule_set_id` is one of RULE_SETS."""
    try:
        rules = RULE_SETS[rule_set_id][1].model_validate_json(document_of(rule_set_id, 1, "", body))
    except pydantic.ValidationError as error:
        told = error.errors(include_url=False, include_input=False)[:_FAULTS_MAX]
        return Checked(None, tuple(_fault(one) for one in told))
    except UNFORESEEN as error:
        return Checked(None, (Fault("", str(error)),))
    return Checked(rules, (), tuple(rules.findings()))


def document_of(rule_set_id: str, version: int, note: str, body: Body) -> bytes:
    """The whole document, as it is published."""
    whole = {"id": rule_set_id, "version": version, "note": note, **body}
    return json.dumps(whole, ensure_ascii=False).encode()


def body_of(rules: RuleSet) -> Body:
    """The body of a rule set: what somebody set, in the order of the model, sets sorted."""
    found: Body = _json(rules.model_dump(mode="python", exclude_unset=True, exclude_none=True))
    return {name: value for name, value in found.items() if name not in _BESIDE}


def _fault(error: Any) -> Fault:
    message = str(error["msg"]).removeprefix("Value error, ")
    return Fault(place_of(error["loc"]), message)


def _json(value: Any) -> Any:
    """As JSON has it. Sets are sorted, so that the same rules are the same text."""
    if isinstance(value, dict):
        return {str(name): _json(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_json(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return to_jsonable_python(value)
