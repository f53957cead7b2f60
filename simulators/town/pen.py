"""Writes the events of one story: gives them their ids, keys and times."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from simulators.town.events import TownEvent, instant
from simulators.town.people import Person


class Pen:
    """One for each story. `start` is when the story begins, `story_id` names it for ever."""

    def __init__(self, story_id: str, start: datetime, who: Person, rng: random.Random) -> None:
        self.story_id = story_id
        self.start = start
        self.who = who
        self.rng = rng
        self.events: list[TownEvent] = []

    def at(self, after_s: float) -> datetime:
        """That long after the story began."""
        return self.start + timedelta(seconds=after_s)

    def time(self, after_s: float) -> str:
        """The same, as the contract writes it."""
        return instant(self.at(after_s))

    def day(self, days: int = 0) -> str:
        """The story's day, or so many days later, as the contract writes it."""
        return (self.start + timedelta(days=days)).date().isoformat()

    def money(self, minor: int) -> dict[str, Any]:
        """In the person's currency."""
        return {"minor": minor, "currency": self.who.land.currency}

    def write(
        self, after_s: float, topic: str, ce_type: str, data: dict[str, Any], key: str | None = None
    ) -> None:
        """One event. The key is the customer's unless another is given."""
        number = len(self.events)
        self.events.append(
            TownEvent(
                topic=topic,
                key=key or self.who.customer_id,
                ce_type=ce_type,
                ce_id=f"{self.story_id}-{number}",
                at=self.at(after_s),
                data=data,
            )
        )

    def of_customer(self, after_s: float, topic: str, ce_type: str, **data: Any) -> None:
        """One event that carries the customer's id."""
        self.write(after_s, topic, ce_type, {"customer_id": self.who.customer_id} | data)
