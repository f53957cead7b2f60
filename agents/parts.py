"""A part of the business behind the engine's seam, and the logic that routes to the parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from agents.local_names import LocalName, parse
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record


class Part(Protocol):
    """One agent's share: its topics, and the letters its timers and looks begin with."""

    @property
    def name(self) -> str: ...

    @property
    def topics(self) -> tuple[str, ...]: ...

    @property
    def letters(self) -> tuple[str, ...]: ...

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]: ...

    def on_record(self, record: Record, ctx: Context) -> None:
        """May raise BadRecord: the record is a dead letter."""

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None: ...

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None: ...


class PartsLogic:
    """A `Logic` that hands each record, timer and look to the part it belongs to."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._by_topic = {topic: part for part in parts for topic in part.topics}
        self._by_letter = {letter: part for part in parts for letter in part.letters}

    @property
    def topics(self) -> tuple[str, ...]:
        """Every source topic, in a fixed order."""
        return tuple(self._by_topic)

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """What the record's part will read."""
        return self._by_topic[record.topic].rows_of(record)

    def on_record(self, record: Record, ctx: Context) -> None:
        """To the part whose topic it is. BadRecord passes: the engine writes the dead letter."""
        self._by_topic[record.topic].on_record(record, ctx)

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        """To the part whose letter the timer bears."""
        name = parse(timer.timer_id)
        self._by_letter[name.part].on_timer(name, timer, ctx)

    def on_look(self, look: Look, ctx: Context) -> None:
        """To the part whose letter the look bears."""
        name = parse(look.ref)
        self._by_letter[name.part].on_look(name, look, ctx)
