"""What every event of the contract shares: the envelope's facts and the checked field types."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=1000)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{5,14}$")]
_MAIL = r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+$"
Email = Annotated[str, StringConstraints(pattern=_MAIL, max_length=254)]
Channel = Literal["sms", "push", "email", "letter"]

#: Outside of these years a date is a mistake, and date arithmetic would overflow near the ends.
YEAR_MIN, YEAR_MAX = 1900, 2199
_Date = TypeVar("_Date", bound=dt.date)
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3])(:[0-5][0-9]){1,2}")


def _instant(value: Any) -> Any:
    """Pydantic would also take 1767225600, as number or text; the contract says RFC 3339."""
    if isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value.upper()):
        raise ValueError("not an instant as RFC 3339 writes it, with an offset")
    return dt.datetime.fromisoformat(value.upper())


def _day(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-06-01"):
        raise ValueError("not a date as ISO 8601 writes it")
    return dt.date.fromisoformat(value)


def _wall_time(value: Any) -> Any:
    """Pydantic would also take offsets, parts of seconds and bare numbers."""
    if isinstance(value, dt.time):
        value = value.isoformat()
    if value == dt.time.max.isoformat():  # how the end of a day was written before
        return dt.time(23, 59, 59)
    if not isinstance(value, str) or not _WALL_TIME.fullmatch(value):
        raise ValueError("not a time of day as 08:00 or 08:00:00: no offset, no parts of a second")
    return dt.time.fromisoformat(value)


def _plausible(value: _Date) -> _Date:
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        raise ValueError(f"the year must lie between {YEAR_MIN} and {YEAR_MAX}")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_plausible)]
#: A clock on the wall says neither its zone nor parts of a second; timers keep milliseconds only.
WallTime = Annotated[dt.time, BeforeValidator(_wall_time)]
Day = Annotated[dt.date, BeforeValidator(_day), AfterValidator(_plausible)]
#: Files beside the zones that say what the host was set up with.
_OF_THE_HOST = frozenset({"localtime", "posixrules"})


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether it is an IANA time zone, the same on every host."""
    if name.rpartition("/")[2].lower() in _OF_THE_HOST:
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # not found is a KeyError
        return False
    return True


def _known_zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(f"{name!r} is not an IANA time zone")
    return name


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


class Data(BaseModel):
    """The data of an event: frozen; unknown fields are ignored, as the contract promises."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Envelope(Data):
    """CloudEvents 1.0 attributes of one event. `(source, id)` is its identity."""

    id: Id
    source: Id
    type: Id
    time: Instant
    subject: str | None = None
