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
    Field,
    StringConstraints,
)

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=1000)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{5,14}$")]
Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+$", max_length=254)
]
Channel = Literal["sms", "push", "email", "letter"]

#: Outside of these years a date is a mistake, and date arithmetic would overflow near the ends.
YEAR_MIN, YEAR_MAX = 1900, 2199
_Date = TypeVar("_Date", bound=dt.date)
_WRITTEN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?")


def _as_written(value: Any) -> Any:
    """Pydantic would take 1767225600 for an instant, as number or text; the contract does not."""
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or not _WRITTEN_DATE.fullmatch(value):
        raise ValueError("not a date as RFC 3339 writes it")
    return value


def _plausible(value: _Date) -> _Date:
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        raise ValueError(f"the year must lie between {YEAR_MIN} and {YEAR_MAX}")
    return value


#: `_as_written` does what strict mode does elsewhere.
_LAX = Field(strict=False)
Instant = Annotated[
    AwareDatetime, _LAX, BeforeValidator(_as_written), AfterValidator(_plausible)
]
Day = Annotated[dt.date, _LAX, BeforeValidator(_as_written), AfterValidator(_plausible)]


@lru_cache(maxsize=1024)
def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return False
    return True


def _known_zone(name: str) -> str:
    if not _zone_exists(name):
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

