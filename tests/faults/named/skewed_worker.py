"""The product's worker with a clock that is wrong: worker-0 is 5 min fast, the others as slow."""

from __future__ import annotations

from datetime import datetime, timedelta

from dunnock.serve import serve
from runtime.clock import utc_now
from runtime.settings import settings

SKEW = timedelta(minutes=5)


async def now() -> datetime:
    """Where the worker's ticks get their time from."""
    fast = settings().process_name == "worker-0"
    return utc_now() + (SKEW if fast else -SKEW)


if __name__ == "__main__":
    serve("dunnock.worker", (None, now))  # type: ignore[arg-type]
