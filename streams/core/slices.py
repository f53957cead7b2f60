"""Runs a long synchronous computation in slices, so that it doesn't hold the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


async def in_slices(steps: Generator[None, None, T], slice_s: float) -> T:
    """Exhaust `steps`, letting others run whenever `slice_s` has passed. Gives what it returns."""
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(0)
    until = clock() + slice_s
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if clock() >= until:
            await asyncio.sleep(0)
            until = clock() + slice_s
