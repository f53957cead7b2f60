"""A counting worker whose watchdog is quick, and that stands still once it is told to.

Once there is a file of the name STUCK_FILE-fetch (or -commit), that hangs, without an error.
STUCK_S is the watchdog's limit.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

from streams import watchdog
from streams.consumer_thread import ConsumerThread
from streams.kafka_log import PartitionLog
from tests.integration.engine.counting_worker import serve

FILE = os.environ["STUCK_FILE"]
STUCK_S = float(os.environ["STUCK_S"])
INTERVAL_S = 0.2


def _hanging(what: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """The call as it is, until there is the file; from then on it never returns."""
    file = f"{FILE}-{what}"

    async def call(*arguments: Any) -> Any:
        if os.path.exists(file):  # noqa: ASYNC240, PTH110 - a local file, in a test
            await asyncio.Event().wait()
        return await original(*arguments)

    return call


def plant() -> None:
    watchdog.INTERVAL_S = INTERVAL_S
    watchdog.STUCK_S = STUCK_S
    ConsumerThread._fetch = _hanging("fetch", ConsumerThread._fetch)  # type: ignore[method-assign]
    PartitionLog.commit = _hanging("commit", PartitionLog.commit)  # type: ignore[method-assign]


if __name__ == "__main__":
    plant()
    serve()
