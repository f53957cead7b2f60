"""A worker process for the tests of pools: answers each request once its key may be answered.

A key that begins with `slow` waits until the file CALLING_GO exists.
CALLING_COMMITS_EVERY_S changes how often what is answered is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from dunnock import worker
from runtime.settings import Settings
from streams.agents import io_agent
from streams.app import DunnockApp
from streams.core.pool import PoolConfig
from streams.core.records import Output, Record
from streams.topics import CHECK_ANSWERS, CHECK_REQUESTS
from tests.integration.engine import counting_worker

GO = Path(os.environ["CALLING_GO"])
COMMITS_EVERY_S = os.environ.get("CALLING_COMMITS_EVERY_S")


def _wait_for_go() -> None:
    while not GO.exists():
        time.sleep(0.05)


async def answer(record: Record) -> Sequence[Output]:
    """One answer for each request, named after it."""
    key = record.key or b""
    if key.startswith(b"slow"):
        await asyncio.to_thread(_wait_for_go)
    marker = f"{record.partition}/{record.offset}".encode()
    return [Output(CHECK_ANSWERS, key, record.value, (("ce_id", marker),))]


def register(app: DunnockApp, settings: Settings) -> None:
    counting_worker.register(app, settings)
    if COMMITS_EVERY_S is not None:
        app.conf.broker_commit_interval = float(COMMITS_EVERY_S)
    io_agent(app, "answer", CHECK_REQUESTS, answer, PoolConfig(call_timeout_s=300))


async def main() -> None:
    task = asyncio.ensure_future(worker.run(Settings(), register))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
