"""What every event of the contract shares: the envelope's facts and the checked field types."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
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
    time: AwareDatetime
    subject: str | None = None

