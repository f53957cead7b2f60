"""What a lane tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """A lane as seen from outside. Positions are next offsets."""

    now: datetime | None
    next_due: datetime | None
    applied: Mapping[str, int]
    pending_looks: int
    oldest_unprocessed_ms: int | None
    """`timestamp_ms` of the oldest record that waits or is being handled."""
    queued_records: int
    is_open: bool
    is_idle: bool
