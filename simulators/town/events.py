"""One event of the town, as a CloudEvent in binary mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

SOURCE = "town"


def instant(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class TownEvent:
    """`at` says when it happens and is its `ce_time`; `topic` is without prefix."""

    topic: str
    key: str
    ce_type: str
    ce_id: str
    at: datetime
    data: dict[str, Any]

    @property
    def value(self) -> bytes:
        """The record's value."""
        return orjson.dumps(self.data)

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers."""
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.ce_id.encode()),
            ("ce_type", self.ce_type.encode()),
            ("ce_source", SOURCE.encode()),
            ("ce_time", instant(self.at).encode()),
            ("content-type", b"application/json"),
        ]
