"""A scenario file: what it proves, and its steps, each a few acts in the order they are written."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.events.base import Instant, Zone
from dunnock.embedded.problems import Problem
from dunnock.playing.shorthand import EVENTS

#: The contract's beginning of simulated time.
STARTS = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
SHIPPED = Path(__file__).resolve().parents[1] / "scenarios"

#: What a step may hold besides events.
ACTS = frozenset(
    {
        "rules",
        "advance",
        "to",
        "expect",
        "expect_none",
        "expect_row",
        "expect_sent",
        "gateway",
        "before_look",
        "bank_file",
    }
)


_SHAPES: dict[str, type] = {
    **dict.fromkeys(("expect_sent", "gateway", "before_look", "bank_file"), dict),
    **dict.fromkeys(("advance", "to"), str),
    "expect": list,
}
_WORDS: dict[type, str] = {dict: "a table", str: "a text", list: "a list of tables"}


class Head(BaseModel):
    """The part of the file before its steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    #: The story, rule or defect it proves, in a sentence.
    proves: str
    #: Where the story is told: local times are those of this zone.
    zone: Zone = "Europe/Amsterdam"
    starts: Instant = STARTS
    #: `fixed`: its dates mean something, so it is only played on a clock that has not passed them.
    dates: Literal["movable", "fixed"] = "movable"
    #: Where alone it can be played: a gateway falls silent in process, a bank file needs a stack.
    only: Literal["anywhere", "in-process", "stack"] = "anywhere"
    rules: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens or is expected. `where` tells people which."""

    kind: str
    body: Any
    where: str

    @property
    def is_event(self) -> bool:
        """Whether it is something to publish."""
        return self.kind in EVENTS


@dataclass(frozen=True, slots=True)
class Step:
    """What is said of it, and its acts. `advance` and `to` end a group of events."""

    says: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A whole scenario. `name` is its file's."""

    name: str
    head: Head
    steps: tuple[Step, ...]


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with the product."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def find(name: str) -> Story:
    """The story of that name, or in that file. Raises Problem, naming what is wrong."""
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    try:
        text = path.read_text()
    except OSError as error:
        raise Problem(
            f"No scenario {name} ({error.strerror}): `dunnock play --list` names those there are,"
            " and a file of your own ends in .toml."
        ) from error
    return parse(path.stem, text)


def parse(name: str, text: str) -> Story:
    """The story that a file tells. Raises Problem, naming the step and what is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{name} is no TOML: {error}.") from error
    steps = document.pop("steps", None)
    if not isinstance(steps, list) or not steps:
        raise Problem(f"{name} has no [[steps]].")
    try:
        head = Head.model_validate(document)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Problem(f"{name} is no scenario: {said}.") from error
    return Story(name, head, tuple(_step(name, n, step) for n, step in enumerate(steps, 1)))


def _step(name: str, number: int, step: dict[str, Any]) -> Step:
    acts: list[Act] = []
    for kind, given in step.items():
        body = _plain(given)
        if kind == "say":
            continue
        where = f"step {number}, {kind}"
        if kind not in EVENTS and kind not in ACTS:
            known = ", ".join(sorted({*EVENTS, *ACTS, "say"}))
            raise Problem(f"{name}, step {number}: nothing is called {kind}; there are {known}.")
        if kind in _SHAPES and not isinstance(body, _SHAPES[kind]):
            raise Problem(f"{name}, {where}: {body!r} is not {_WORDS[_SHAPES[kind]]}.")
        several = kind in EVENTS and isinstance(body, list)
        acts.extend(Act(kind, one, where) for one in (body if several else [body]))
    return Step(str(step.get("say", "")), tuple(acts))


def _plain(value: Any) -> Any:
    """TOML's own dates and times as the text that events have."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    is_time = isinstance(value, dt.datetime | dt.date | dt.time)
    return value.isoformat() if is_time else value
