"""Result lines: one JSON object each on stdout, and all of them in a file of raw results."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def say(text: str) -> None:
    """Progress, for people: stderr, so that stdout is JSON only."""
    print(text, file=sys.stderr, flush=True)


def median_line(bench: str, system: str, unit: str, rounds: Sequence[Mapping[str, Any]]) -> Line:
    """The median of the rounds' `value` with its range; every other number of a round likewise.

    `correct` only when every round was. Rounds without a value (a run that did not finish) stay
    in `rounds` and make the line incorrect.
    """
    values = [one["value"] for one in rounds if one.get("value") is not None]
    line: Line = {
        "bench": bench,
        "system": system,
        "value": _rounded(statistics.median(values)) if values else None,
        "unit": unit,
        "correct": bool(rounds) and all(one.get("correct") is True for one in rounds),
        "range": [_rounded(min(values)), _rounded(max(values))] if values else None,
    }
    for name in sorted({name for one in rounds for name in one} - {"value", "correct"}):
        found = [one[name] for one in rounds if _is_number(one.get(name))]
        if found:
            line[name] = _rounded(statistics.median(found))
    line["rounds"] = [
        {name: _rounded(value) if _is_number(value) else value for name, value in one.items()}
        for one in rounds
    ]
    return line


def not_measured(bench: str, why: str) -> Line:
    """The line of a bench that came to no result."""
    line: Line = {"bench": bench, "system": "dunnock", "value": None, "unit": ""}
    return {**line, "correct": False, "why": why}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


class Results:
    """The lines of one run of the bench."""

    def __init__(self, **about: object) -> None:
        """`about` stands in each line: which run it is of (`at`), whether it was a `quick` one."""
        self._about = about
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        """Print a line and keep it."""
        line = {**line, **self._about}
        self.lines.append(line)
        print(json.dumps(line), flush=True)

    def find(self, bench: str, system: str) -> Line | None:
        """The line of a system in a bench."""
        return find(self.lines, bench, system)


def find(lines: Iterable[Line], bench: str, system: str) -> Line | None:
    """The line of a system in a bench, None where it was not measured."""
    found = (one for one in lines if one.get("bench") == bench and one.get("system") == system)
    return next(found, None)


def read_lines(path: Path) -> list[Line]:
    """The raw results of an earlier run, none where there is no file."""
    return [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []


def write_lines(path: Path, lines: Iterable[Line]) -> None:
    """The file as a whole, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
