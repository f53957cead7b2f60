"""Lanes compute in slices; between two slices, of whichever lane, the loop goes round once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from itertools import pairwise

from streams.core.slices import Slices

SLICE_S = 0.005
STEP_S = 0.001


def _steps(name: str, count: int, ran: list[str]) -> Generator[None, None, str]:
    for _ in range(count):
        until = time.perf_counter() + STEP_S
        while time.perf_counter() < until:
            pass
        ran.append(name)
        yield
    return name


async def test_lanes_share_the_loop_instead_of_holding_it_one_after_the_other() -> None:
    slices, ran = Slices(SLICE_S), list[str]()
    rounds: list[int] = []

    async def beat() -> None:
        while True:
            rounds.append(len(ran))
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    names = ["a", "b", "c", "d"]
    done = await asyncio.gather(*(slices.run(_steps(name, 12, ran)) for name in names))
    beating.cancel()
    assert done == names
    # Counted in steps, so a slow machine changes nothing: a slice has no more than fit into it.
    assert max(after - before for before, after in pairwise(rounds)) <= SLICE_S / STEP_S


async def test_nobody_waits_until_another_has_finished() -> None:
    slices, ran = Slices(SLICE_S), list[str]()
    long = asyncio.create_task(slices.run(_steps("long", 50, ran)))
    await asyncio.sleep(0)
    await slices.run(_steps("short", 1, ran))
    assert ran.index("short") < 2 * SLICE_S / STEP_S
    await long


async def test_a_cancelled_computation_gives_its_turn_away() -> None:
    slices, ran = Slices(SLICE_S), list[str]()
    cut = asyncio.create_task(slices.run(_steps("cut", 1_000, ran)))
    await asyncio.sleep(0.02)
    cut.cancel()
    assert await asyncio.wait_for(slices.run(_steps("next", 1, ran)), 5) == "next"


async def test_even_an_empty_slice_makes_a_step() -> None:
    slices, ran = Slices(0.0), list[str]()
    assert await slices.run(_steps("a", 3, ran)) == "a"
    assert ran == ["a"] * 3
