"""Between the story and the installation it is played on: fresh ids and moved dates.

A story names `anna` and 1 June. Played on a stack, its ids get a suffix that nobody has used, and
its dates move by whole weeks to where the stack's clock stands. Local times stay what they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
#: Ids that the product made: they are unique as they are.
_MADE_BY_US = frozenset({"message_id", "case_id", "decision_id"})


def instant_text(at: dt.datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def instant_of(text: str) -> dt.datetime | None:
    """The instant that RFC 3339 text names; None for anything else."""
    return dt.datetime.fromisoformat(text.upper()) if _INSTANT.fullmatch(text) else None


class AsItIs(str):
    """A text that is published as it is: an id that the installation made, for instance."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """`suffix` is put behind every id; `weeks` are added to every date and instant."""

    zone: str
    suffix: str = ""
    weeks: int = 0

    def to_real(self, at: dt.datetime) -> dt.datetime:
        """The installation's instant of the story's."""
        return self._moved(at, self.weeks)

    def to_story(self, at: dt.datetime) -> dt.datetime:
        """The story's instant of the installation's."""
        return self._moved(at, -self.weeks)

    def id_out(self, name: str) -> str:
        """The installation's id of the story's."""
        return name + self.suffix

    def data_out(self, data: Any) -> Any:
        """An event of the story as it is published."""
        return self._walk(data, self.to_real, self.weeks, self._suffixed)

    def data_back(self, data: Any) -> Any:
        """What came out, as the story would say it."""
        return self._walk(data, self.to_story, -self.weeks, lambda _, text: self._plain(text))

    def _plain(self, text: str) -> str:
        return text.replace(self.suffix, "") if self.suffix else text

    def _suffixed(self, field: str, text: str) -> str:
        is_id = field.endswith(("_id", "_ids")) and field not in _MADE_BY_US
        return text + self.suffix if is_id else text

    def _walk(
        self,
        value: Any,
        moved: Callable[[dt.datetime], dt.datetime],
        weeks: int,
        text_of: Callable[[str, str], str],
        field: str = "",
    ) -> Any:
        if isinstance(value, dict):
            return {k: self._walk(v, moved, weeks, text_of, k) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(one, moved, weeks, text_of, field) for one in value]
        if not isinstance(value, str) or isinstance(value, AsItIs):
            return value
        if weeks and (at := instant_of(value)) is not None:
            return instant_text(moved(at))
        if weeks and _DAY.fullmatch(value):
            return (dt.date.fromisoformat(value) + dt.timedelta(weeks=weeks)).isoformat()
        return text_of(field, value)

    def _moved(self, at: dt.datetime, weeks: int) -> dt.datetime:
        """The same weekday and wall time in the story's zone."""
        if not weeks:
            return at
        local = at.astimezone(ZoneInfo(self.zone)) + dt.timedelta(weeks=weeks)
        return local.astimezone(dt.UTC)
