"""The only place that reads the wall clock. Rules never do: their `now` is the latest tick."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


def epoch_s() -> float:
    """Seconds since 1970 by the clock of this machine."""
    return time.time()
