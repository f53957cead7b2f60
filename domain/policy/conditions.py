"""One cell of a decision table: an operator and a literal, compiled to a closure.

Three values: a condition holds, does not hold, or its input is missing. Missing is neither good
nor bad (domain-facts D23): every operator but `missing` says no to it, also `ne` and `not_in`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, model_validator

Kind = Literal["int", "bool", "text", "date"]
Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "missing", "present"]
Scalar = StrictBool | StrictInt | StrictStr
Literals = Scalar | tuple[Scalar, ...] | None
#: What an input may be; None is "missing".
Value = bool | int | str | dt.date | None
Predicate = Callable[[Value], bool]

_OPERATORS: dict[Kind, frozenset[Op]] = {
    "int": frozenset({"eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in"}),
    "date": frozenset({"eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in"}),
    "text": frozenset({"eq", "ne", "in", "not_in"}),
    "bool": frozenset({"eq", "ne"}),
}
_WITHOUT_LITERAL: frozenset[Op] = frozenset({"missing", "present"})
_WITH_LIST: frozenset[Op] = frozenset({"between", "in", "not_in"})
LIST_MAX = 1000


class Condition(BaseModel):
    """`{"op": "lt", "value": 200}`, or `{"op": "lt", "threshold": "reject_below"}`.

    A threshold is a named int of the policy, so that a business user changes it in one place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Op
    value: Literals = None
    threshold: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Condition:
        given = (self.value is not None) + (self.threshold is not None)
        if given != (0 if self.op in _WITHOUT_LITERAL else 1):
            raise ValueError(f"{self.op}: exactly one of value and threshold, none for missing")
        if self.op in _WITH_LIST:
            if not isinstance(self.value, tuple) or not 1 <= len(self.value) <= LIST_MAX:
                raise ValueError(f"{self.op}: value must be a list of 1 to {LIST_MAX}")
            if self.op == "between" and len(self.value) != 2:
                raise ValueError("between: value must be [lowest, highest]")
        elif isinstance(self.value, tuple):
            raise ValueError(f"{self.op}: value must not be a list")
        return self


def holds(condition: Condition, kind: Kind, thresholds: dict[str, int]) -> Predicate:
    """Compile. Raises ValueError where operator, literal and the column's kind don't fit."""
    if condition.op == "missing":
        return lambda value: value is None
    if condition.op == "present":
        return lambda value: value is not None
    if condition.op not in _OPERATORS[kind]:
        raise ValueError(f"{condition.op} does not apply to {kind}")
    if condition.threshold is not None:
        if condition.threshold not in thresholds:
            raise ValueError(f"unknown threshold {condition.threshold!r}")
        literals: tuple[Value, ...] = (_literal(thresholds[condition.threshold], kind),)
    elif isinstance(condition.value, tuple):
        literals = tuple(_literal(one, kind) for one in condition.value)
    else:
        literals = (_literal(condition.value, kind),)
    return _predicate(condition.op, literals)


def _literal(raw: Scalar | None, kind: Kind) -> Value:
    if kind == "date" and isinstance(raw, str):
        return dt.date.fromisoformat(raw)
    # bool is an int in Python, not in a table.
    wanted = {"int": int, "bool": bool, "text": str, "date": dt.date}[kind]
    if not isinstance(raw, wanted) or (kind == "int" and isinstance(raw, bool)):
        raise ValueError(f"{raw!r} is not of kind {kind}")
    return raw


def _predicate(op: Op, literals: tuple[Value, ...]) -> Predicate:
    first, last = literals[0], literals[-1]
    members = frozenset(literals)
    # The caller has checked the kinds: both sides of a comparison are of the same type.
    tests: dict[Op, Predicate] = {
        "eq": lambda value: value == first,
        "ne": lambda value: value != first,
        "lt": lambda value: value < first,  # type: ignore[operator]
        "le": lambda value: value <= first,  # type: ignore[operator]
        "gt": lambda value: value > first,  # type: ignore[operator]
        "ge": lambda value: value >= first,  # type: ignore[operator]
        "between": lambda value: first <= value <= last,  # type: ignore[operator]
        "in": lambda value: value in members,
        "not_in": lambda value: value not in members,
    }
    test = tests[op]
    return lambda value: value is not None and test(value)


def fits(value: Value, kind: Kind) -> bool:
    """Whether `value` may stand in a column of `kind`. Missing always may."""
    if value is None:
        return True
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    wanted = {"bool": bool, "text": str, "date": dt.date}[kind]
    return isinstance(value, wanted)
