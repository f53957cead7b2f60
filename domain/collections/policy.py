"""What collections are configured with: read once at the start, then handed to every rule."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from importlib.resources import files

from pydantic import Field

from domain.collections.codes import ReturnCodes
from domain.events.base import Channel, Data
from domain.templates import Texts, load_texts


class Numbers(Data):
    """One effective-dated row of the rhythm of messages."""

    valid_from: dt.date
    source: str
    window_opens: dt.time
    window_closes: dt.time
    spread_seconds: int
    step_days: tuple[int, ...]
    #: A further failure within these hours joins the sequence that runs.
    join_hours: int
    #: A step later than this pushes the next one, so that two never follow on each other's heels.
    late_hours: int
    #: A thank-you at any hour may leave for so long; one that is held is given up after the days.
    thanks_hours: int
    thanks_days: int
    settle_target_days: int


class Limits(Data):
    """Bounds of a row."""

    orphan_days: int
    seen_days: int
    not_sent_max: int
    messages_max: int
    contacts_max: int
    waiting_max: int
    seen_max: int
    facts_max: int
    waiting_chars_max: int


class CollectionsPolicy(Data):
    """Everything the rules of collections take from outside, immutable."""

    numbers: tuple[Numbers, ...]
    limits: Limits
    tones: dict[int, str]
    hold_thanks: frozenset[str]
    default_channels: tuple[Channel, ...]
    return_codes: ReturnCodes
    texts: Texts
    #: A payment link is this and `/` and a signed token.
    link_base_url: str
    link_secret: str = Field(repr=False)
    link_days: int = 30
    default_brand: str = "Dunnock"

    def at(self, now: dt.datetime) -> Numbers:
        """The numbers in force, by the date in UTC."""
        today = now.date()
        return next(row for row in self._newest_first if row.valid_from <= today)

    @cached_property
    def _newest_first(self) -> tuple[Numbers, ...]:
        return tuple(sorted(self.numbers, key=lambda row: row.valid_from, reverse=True))


def load_return_codes() -> ReturnCodes:
    """The matrix of return codes, from its data file: call it at start."""
    text = (files("domain.collections") / "data" / "return_codes.toml").read_text("utf-8")
    return ReturnCodes.model_validate(tomllib.loads(text))


def load_policy(link_base_url: str, link_secret: str, link_days: int = 30) -> CollectionsPolicy:
    """The starting configuration. Reads the data files next to this module: call it at start."""
    data = files("domain.collections") / "data"
    reminders = tomllib.loads((data / "reminders.toml").read_text("utf-8"))
    return CollectionsPolicy.model_validate(
        {
            "numbers": reminders["rows"],
            "limits": reminders["limits"],
            "tones": reminders["tones"],
            "hold_thanks": reminders["flags"]["hold_thanks"],
            "default_channels": reminders["default_channels"]["order"],
            "return_codes": load_return_codes(),
            "texts": load_texts(),
            "link_base_url": link_base_url.rstrip("/"),
            "link_secret": link_secret,
            "link_days": link_days,
        }
    )
