"""Questions that come together share a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from connectors.postgres.grouped import GROUP_MAX, Grouped


class Database:
    """Doubles numbers; a turn takes as long as `free` is not set."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.free = asyncio.Event()

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.turns.append(list(numbers))
        await self.free.wait()
        if 13 in numbers:
            raise OSError("lost")
        return [2 * number for number in numbers]


async def test_those_who_come_meanwhile_share_the_next_turn() -> None:
    database = Database()
    grouped = Grouped(database.double)
    first = asyncio.create_task(grouped.ask(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(grouped.ask(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    database.free.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert database.turns == [[1], [2, 3]]


async def test_an_error_reaches_its_turn_only() -> None:
    database = Database()
    database.free.set()
    grouped = Grouped(database.double)
    with pytest.raises(OSError, match="lost"):
        await asyncio.gather(grouped.ask(13), grouped.ask(1))
    assert await grouped.ask(4) == 8


async def test_who_is_cancelled_does_not_disturb_the_others() -> None:
    database = Database()
    grouped = Grouped(database.double)
    gone, stays = (asyncio.create_task(grouped.ask(number)) for number in (1, 2))
    await asyncio.sleep(0.01)
    gone.cancel()
    database.free.set()
    assert await stays == 4


async def test_a_turn_has_a_bound() -> None:
    database = Database()
    database.free.set()
    grouped = Grouped(database.double)
    await asyncio.gather(*(grouped.ask(number + 100) for number in range(GROUP_MAX + 1)))
    assert [len(turn) for turn in database.turns] == [GROUP_MAX, 1]
