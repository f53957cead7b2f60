"""A counting worker whose restores are slow, and where Faust's limit of 90 s is half a second.

A poll of the restore takes 500 records at most and RESTORE_POLL_S seconds.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from confluent_kafka import Message

from streams import restore
from streams.recovery import Recovery
from tests.integration.engine.counting_worker import serve

POLL_S = float(os.environ["RESTORE_POLL_S"])
POLL_RECORDS = 500
FAUSTS_LIMIT_S = 0.5


def slow_down() -> None:
    """Only the time that steps take is changed, and how long Faust would wait for them."""
    apply, wait_first = restore._apply, Recovery.wait_first

    def slowly(messages: list[Message], *arguments: Any) -> int:
        if messages:
            time.sleep(POLL_S)
        return apply(messages, *arguments)

    async def impatient(self: Recovery, *coros: Any, timeout: Any = None) -> Any:
        limit = None if timeout is None else FAUSTS_LIMIT_S
        return await wait_first(self, *coros, timeout=limit)

    restore.logger.setLevel(logging.INFO)
    restore._apply = slowly
    restore.POLL_RECORDS_MAX = POLL_RECORDS
    Recovery.wait_first = impatient  # type: ignore[method-assign]


if __name__ == "__main__":
    slow_down()
    serve()
