"""What stands where aiokafka's consumer and producer would, over the log in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaConnectionError

from streams.core.records import Record
from tests.simulation.world.group import Coordinator
from tests.simulation.world.process import current
from tests.simulation.world.scene import Scene

#: Empty answers change nothing but the time they cost: a broker with nothing new answers late,
#: and later still where the reader has nothing left to do either.
_PATIENCE, _PATIENCE_AT_REST = 10, 300


class Places(AbstractSet[TopicPartition]):
    """A set of partitions that keeps its order, whatever strings hash to."""

    def __init__(self, places: Iterable[TopicPartition] = ()) -> None:
        self._places = tuple(dict.fromkeys(places))

    def __contains__(self, place: object) -> bool:
        return place in self._places

    def __iter__(self) -> Iterator[TopicPartition]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Fetched:
    """A record as aiokafka gives it."""

    def __init__(self, record: Record) -> None:
        self.partition, self.offset = record.partition, record.offset
        self.key, self.value = record.key, record.value
        self.headers, self.timestamp = record.headers, record.timestamp_ms


class Consumer:
    """Reads committed from places that are assigned to it, by hand or by its group."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.positions: dict[TopicPartition, int] = {}
        self._assigned = Places()
        self._paused: set[TopicPartition] = set()
        self._waiting: asyncio.Future[None] | None = None

    def assignment(self) -> Places:
        return self._assigned

    def assign(self, places: Iterable[TopicPartition]) -> None:
        self._assigned = Places(places)
        self.positions = {place: self.positions.get(place, 0) for place in self._assigned}
        self._paused.clear()
        self.scene.wake(self._waiting)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.positions[place] = offset
        self.scene.wake(self._waiting)

    async def position(self, place: TopicPartition) -> int:
        return self.positions[place]

    def pause(self, place: TopicPartition) -> None:
        self._paused.add(place)

    def resume(self, place: TopicPartition) -> None:
        self._paused.discard(place)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        kind = await self.scene.gate("consumer.ends")
        ends = {place: self.scene.log.stable_end(*place) for place in places}
        await self.scene.gate("consumer.ends")
        if kind == "error":
            raise KafkaConnectionError("no answer")
        return ends

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        readable = self._readable()
        if not readable:
            patience = _PATIENCE_AT_REST if self._is_at_rest() else _PATIENCE
            self._waiting = self.scene.news(self.positions, timeout_ms / 1000 * patience)
            await self._waiting
            await self.scene.loop.nap(0.004)
            readable = self._readable()
        if not readable:
            return {}
        await self.scene.gate("consumer.fetch")
        found = {}
        for place in readable:
            at = self.positions.get(place)
            chunk = None if at is None else self.scene.log.read(*place, at, max_records)
            if chunk is not None:
                self.positions[place] = chunk.next_offset
                if chunk.records:
                    found[place] = [Fetched(record) for record in chunk.records]
        return found

    def _is_at_rest(self) -> bool:
        """Whether nothing is left to do with what was read."""
        return True

    def _readable(self) -> list[TopicPartition]:
        ends = self.scene.log.stable_end
        return [
            place
            for place in self._assigned
            if place not in self._paused and self.positions.get(place, 0) < ends(*place)
        ]


class GroupConsumer(Consumer):
    """The same as a member of a group. Implements `tests.simulation.world.group.Member`."""

    def __init__(
        self, scene: Scene, name: str, group: Coordinator, offsets: dict[Any, int]
    ) -> None:
        super().__init__(scene)
        self.name = name
        process = current()
        assert process is not None
        self.process = process
        self._group = group
        self._offsets = offsets
        self._topic = ""
        self._listener: Any = None
        self._generation = -1

    def subscribe(self, topics: list[str], listener: Any) -> None:
        self._topic, self._listener = topics[0], listener
        self._group.join(self)

    async def take(self, generation: int, partitions: list[int]) -> None:
        self._generation = generation
        places = [TopicPartition(self._topic, partition) for partition in partitions]
        self.assign(places)
        self.positions = {place: self._offsets.get(place, 0) for place in places}
        await self.scene.gate("consumer.assigned")
        if self._generation == generation:
            await self._listener.on_partitions_assigned(places)

    async def let_go(self) -> None:
        await self._listener.on_partitions_revoked(self.assignment())
        self._generation = -1
        self.assign(())

    async def committed(self, place: TopicPartition) -> int | None:
        return self._offsets.get(place)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        kind = await self.scene.gate("consumer.commit")
        if kind == "error":
            raise KafkaConnectionError("not committed")
        if not self._group.group.takes(self.name, self._generation):
            raise CommitFailedError
        self._offsets.update(offsets)
        if kind == "lost":
            raise KafkaConnectionError("committed, but nobody heard of it")

    def _is_at_rest(self) -> bool:
        """Whether every record that was read is committed."""
        slots = self.scene.log.slots
        return not any(
            record is not None
            for place, at in self.positions.items()
            for record in slots(*place)[self._offsets.get(place, 0) : at]
        )


class Producer:
    """Writes at once; whoever awaits the answer may wait in vain."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def send(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int | None,
        headers: list[Any],
    ) -> asyncio.Future[None]:
        kind = await self._scene.gate("producer.send")
        answer = asyncio.get_running_loop().create_future()
        if kind != "error":
            self._scene.publish(topic, key, value, tuple(headers), partition)
        if kind in {"error", "lost"}:
            answer.set_exception(KafkaConnectionError(f"{kind} by the log"))
        else:
            answer.set_result(None)
        return answer
