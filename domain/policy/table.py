"""Decision tables: rows are tried from the top, the first whose cells all hold decides.

Total: the last row has no conditions, so every input gets an answer. Terminating: a row refers to
nothing but its own cells, so at most `len(rows)` steps are made. Explainable: a verdict can tell
of each row that was tried which cells held and which did not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.policy.conditions import Condition, Kind, Predicate, Value, fits, holds

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ROWS_MAX = 10_000
Outcome = TypeVar("Outcome")


class Column(BaseModel):
    """An input by name, and what kind of value it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Kind


class Row(BaseModel, Generic[Outcome]):
    """All cells of `when` must hold (a cell: one condition or several, all of them)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    when: dict[Name, tuple[Condition, ...] | Condition] = {}
    then: Outcome


class Table(BaseModel, Generic[Outcome]):
    """The document: what is stored, published and edited. `compile_table` makes it run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Column, ...]
    rows: Annotated[tuple[Row[Outcome], ...], Field(min_length=1, max_length=ROWS_MAX)]
    thresholds: dict[Name, int] = {}

    @model_validator(mode="after")
    def _is_total(self) -> Table[Outcome]:
        if self.rows[-1].when:
            raise ValueError("the last row must be the default row: it has no conditions")
        for row in self.rows[:-1]:
            if not row.when:
                raise ValueError(f"row {row.id!r} has no conditions: the rows below it are dead")
        ids = [row.id for row in self.rows]
        names = [column.name for column in self.columns]
        if len(set(ids)) < len(ids) or len(set(names)) < len(names):
            raise ValueError("row ids and column names must be unique")
        return self


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition that was tried. `value` None: the input was missing."""

    column: str
    condition: Condition
    value: Value
    held: bool


@dataclass(frozen=True, slots=True)
class Verdict(Generic[Outcome]):
    """The row that decided."""

    row_id: str
    outcome: Outcome


class Compiled(Generic[Outcome]):
    """A table that runs. Immutable, usable from any thread."""

    def __init__(self, table: Table[Outcome]) -> None:
        self.table = table
        kinds: dict[str, Kind] = {column.name: column.kind for column in table.columns}
        self._kinds = kinds
        self._rows = [(row, _cells(row, kinds, table.thresholds)) for row in table.rows]

    def decide(self, inputs: Mapping[str, Value]) -> Verdict[Outcome]:
        """The first row that holds. An input that is not given is missing.

        Raises TypeError when a value is not of its column's kind: that is a defect of the caller.
        """
        self._check(inputs)
        for row, cells in self._rows:
            if all(predicate(inputs.get(name)) for name, _, predicate in cells):
                return Verdict(row.id, row.then)
        raise AssertionError("unreachable: the last row has no conditions")

    def explain(self, inputs: Mapping[str, Value]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        """(row id, its cells) of each row tried, the deciding one last."""
        self._check(inputs)
        tried = []
        for row, cells in self._rows:
            shown = tuple(
                Cell(name, condition, inputs.get(name), predicate(inputs.get(name)))
                for name, condition, predicate in cells
            )
            tried.append((row.id, shown))
            if all(cell.held for cell in shown):
                break
        return tuple(tried)

    def _check(self, inputs: Mapping[str, Value]) -> None:
        for name, kind in self._kinds.items():
            if not fits(inputs.get(name), kind):
                raise TypeError(f"input {name} is not of kind {kind}")


def compile_table(table: Table[Outcome]) -> Compiled[Outcome]:
    """Raises ValueError naming the row and column where a cell does not fit its column."""
    return Compiled(table)


def _cells(
    row: Row[Outcome], kinds: dict[str, Kind], thresholds: dict[str, int]
) -> list[tuple[str, Condition, Predicate]]:
    cells = []
    for name, several in row.when.items():
        if name not in kinds:
            raise ValueError(f"row {row.id}: unknown column {name!r}")
        for condition in (several,) if isinstance(several, Condition) else several:
            try:
                cells.append((name, condition, holds(condition, kinds[name], thresholds)))
            except ValueError as error:
                raise ValueError(f"row {row.id}, column {name}: {error}") from error
    return cells
