"""Runs long synchronous computations in slices, so that they don't hold the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


class Slices:
    """Of the lanes of one event loop: only one of them computes between two rounds of the loop.

    Each for itself would hold the loop for as many slices as there are lanes.
    """

    def __init__(self, slice_s: float) -> None:
        self._slice_s = slice_s
        self._turn = asyncio.Lock()  # whoever waits longest is next

    async def run(self, steps: Generator[None, None, T]) -> T:
        """Exhaust `steps`, letting others run whenever a slice is over. Gives what it returns."""
        clock = asyncio.get_running_loop().time
        while True:
            async with self._turn:
                await asyncio.sleep(0)
                until = clock() + self._slice_s
                while True:
                    try:
                        next(steps)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                    if clock() >= until:
                        break
