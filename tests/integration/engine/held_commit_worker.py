"""A calling worker whose commits for pools wait, once begun, until the file HELD_UNTIL exists.

With STUCK_S its watchdog is quick and has that limit.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping

from faust.types import TP

from streams import watchdog
from streams.consumer import Consumer
from tests.integration.engine.calling_worker import main

FILE = os.environ["HELD_UNTIL"]


def plant() -> None:
    if "STUCK_S" in os.environ:
        watchdog.INTERVAL_S, watchdog.STUCK_S = 0.2, float(os.environ["STUCK_S"])
    commit = Consumer._commit

    async def held(self: Consumer, offsets: Mapping[TP, int]) -> bool:
        print(f"commits {sum(offsets.values())}", flush=True)
        while not os.path.exists(FILE):  # noqa: ASYNC110, ASYNC240, PTH110 - a file is the signal
            await asyncio.sleep(0.02)
        return await commit(self, offsets)

    Consumer._commit = held  # type: ignore[method-assign]


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    plant()
    asyncio.run(main())
