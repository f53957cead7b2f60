"""Waiting until a stack has nothing left to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
from confluent_kafka import Consumer, TopicPartition

from tests.faults.checker.evidence import IN_TOPICS, OUT_TOPICS
from tests.faults.collect import received

#: The group that works through the inputs.
GROUP = "dunnock"
#: Nothing moved for so long: the stack is at rest.
REST_S = 8.0


class Running(Protocol):
    """A stack of whatever make."""

    def check(self) -> None: ...

    def info(self) -> dict[str, Any]: ...


class StillBusy(RuntimeError):
    """Lag did not return to zero by itself in time."""


async def wait_at_rest(stack: Running, seconds_max: float) -> float:
    """Wait until the inputs are worked through and nothing more comes out; gives the seconds."""
    began = time.monotonic()
    before: tuple[int, int, int] | None = None
    quiet_since = began
    async with aiohttp.ClientSession() as session:
        while True:
            stack.check()
            info = stack.info()
            now = await asyncio.to_thread(_log_position, info["kafka"])
            state = (*now, len(await received(session, info)))
            if state != before or now[0]:
                before, quiet_since = state, time.monotonic()
            elif time.monotonic() - quiet_since > REST_S:
                return quiet_since - began
            if time.monotonic() - began > seconds_max:
                raise StillBusy(f"after {seconds_max:.0f} s: lag {now[0]}")
            await asyncio.sleep(1)


def _log_position(kafka: str) -> tuple[int, int]:
    """The lag of the inputs, and how far the outputs have come."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": GROUP, "log_level": 3})
    try:
        return _lag(consumer), sum(_ends(consumer, OUT_TOPICS).values())
    finally:
        consumer.close()


def _ends(consumer: Consumer, topics: tuple[str, ...]) -> Mapping[tuple[str, int], int]:
    metadata: Mapping[str, Any] = consumer.list_topics(timeout=30).topics
    ends = {}
    for topic in topics:
        for partition in metadata[topic].partitions:
            place = TopicPartition(topic, partition)
            ends[topic, partition] = consumer.get_watermark_offsets(place, timeout=30)[1]
    return ends


def _lag(consumer: Consumer) -> int:
    ends = _ends(consumer, IN_TOPICS)
    committed = consumer.committed([TopicPartition(*place) for place in ends], timeout=30)
    done = {(one.topic, one.partition): max(0, one.offset) for one in committed}
    return sum(end - done[place] for place, end in ends.items())
