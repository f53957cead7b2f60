"""An answer is always younger than the call that gets it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition

from connectors.kafka_io import EndOffsets


class Broker:
    def __init__(self) -> None:
        self.end = 0
        self.asked: list[list[TopicPartition]] = []
        self.free = asyncio.Event()
        self.free.set()

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked.append(places)
        end = self.end
        await self.free.wait()
        if end < 0:
            raise ConnectionError("away")
        return dict.fromkeys(places, end)


async def test_a_question_under_way_is_not_joined() -> None:
    broker = Broker()
    ends = EndOffsets(broker)
    broker.free.clear()
    early = asyncio.create_task(ends.of("t", 0))
    await asyncio.sleep(0.01)
    broker.end = 7
    late = [asyncio.create_task(ends.of("t", number)) for number in (0, 0, 1)]
    await asyncio.sleep(0.01)
    broker.free.set()
    assert await early == 0
    assert await asyncio.gather(*late) == [7, 7, 7]
    assert [len(places) for places in broker.asked] == [1, 2]


async def test_an_error_reaches_those_who_asked_and_passes() -> None:
    broker = Broker()
    ends = EndOffsets(broker)
    broker.end = -1
    results: list[Any] = await asyncio.gather(
        ends.of("t", 0), ends.of("t", 1), return_exceptions=True
    )
    assert [type(result) for result in results] == [ConnectionError] * 2
    broker.end = 3
    broker.free.clear()
    with pytest.raises(TimeoutError):  # somebody gives up waiting
        await asyncio.wait_for(ends.of("t", 0), 0.01)
    broker.free.set()
    assert await ends.of("t", 0) == 3
