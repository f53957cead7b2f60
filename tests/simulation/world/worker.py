"""A worker: the product's lanes, its shared transaction and its pool that asks bureaus.

The steps of an assignment are those of `streams.assignment` and `streams.engine`, told again
over the log in memory: those modules themselves need Faust and Kafka.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agents.request_checks import TOPIC as CHECK_REQUESTS
from agents.request_checks import BureauDesk
from agents.wiring import TABLES
from connectors.bureaus.cache import AnswerCache
from connectors.bureaus.desk import Desk
from runtime.settings import Settings
from streams.core.config import LaneConfig
from streams.core.lane import Lane
from streams.core.memory_worker import MemoryWorker
from streams.core.pool import Pool
from streams.core.ports import BatchAborted
from streams.core.records import Chunk, Output
from streams.core.slices import Slices
from tests.simulation.world.bureaus import BureauSession
from tests.simulation.world.disk import Disk, DiskStore
from tests.simulation.world.process import Process
from tests.simulation.world.scene import InjectedError, OutcomeUnknown, Scene

TICKS = "ticks"
_SETTINGS = Settings()


class Worker:
    """One life of a worker. Implements `tests.simulation.world.group.Member`."""

    def __init__(
        self, scene: Scene, name: str, process: Process, disk: Disk, logic: Any, topics: list[str]
    ) -> None:
        self.scene = scene
        self.name = name
        self.process = process
        self.lanes: dict[int, Lane] = {}
        self.read: dict[tuple[str, int], int] = {}
        self._disk = disk
        self._logic = logic
        self._topics = [TICKS, *topics]
        self._generation = self._member_since = -1
        self._log = MemoryWorker(scene.log, scene.workers, name, step=self._step)
        self._committable: dict[tuple[str, int], int] = {}
        plan = scene.plan
        self._config = LaneConfig(
            batch_records_max=plan.batch_records_max,
            slice_s=plan.slice_s,
            rest_share=plan.rest_share,
            queued_records_max=200,
        )
        self._slices = Slices(plan.slice_s)
        self.queued_max = 0
        desk = BureauDesk(_SETTINGS)
        session: Any = BureauSession(scene)
        desk._desk.set_result(Desk(session, "http://bureaus", AnswerCache(None, "secret")))
        self.pool = Pool(
            desk.answer,
            self._deliver,
            on_committable=self._note,
            on_failed=lambda error: scene.crash(process, error),
        )

    def init(self) -> None:
        """The process has started: fence the life before."""
        self._log.init()

    # -- faults ----------------------------------------------------------------------------

    async def _step(self, name: str) -> None:
        point = ("ends." if name in {"asked", "answered"} else "transaction.") + name
        kind = await self.scene.gate(point)
        if kind == "abort":
            raise BatchAborted("injected")
        if kind == "unknown":
            raise OutcomeUnknown("no answer to commit")
        if kind == "error":
            raise InjectedError("the log does not answer")

    # -- an assignment ---------------------------------------------------------------------

    async def take(self, generation: int, partitions: list[int]) -> None:
        """Fence, restore, find where to read on, start, tick, open."""
        scene, steps = self.scene, ("begun", "fenced", "restored", "positions", "started")
        self._generation = self._member_since = generation
        for step in steps:
            await scene.gate(f"assign.{step}")
            if self._generation != generation:
                return  # revoked again meanwhile
            match step:
                case "begun":
                    self._log.owned_as(generation, partitions)
                case "fenced":
                    await self._restore(generation, partitions)
                case "restored":
                    positions = self._positions(partitions)
                case "positions":
                    self._start(partitions, positions)
        ticks = {partition: self._tick(partition) for partition in partitions}
        await scene.gate("assign.ticked")
        if self._generation == generation:
            for partition, offset in ticks.items():
                self.lanes[partition].open_at(offset)
            self.process.spawn(self._feed(generation))

    async def _restore(self, generation: int, partitions: list[int]) -> None:
        for partition in partitions:
            tables = self._disk.setdefault(partition, {})
            for table in TABLES:
                store = tables.setdefault(table, DiskStore(self.scene))
                changelog = list(self.scene.log.changelog(table, partition))
                if len(changelog) > 20 and self.scene.rng.random() < 0.1:
                    store.restore(changelog[: self.scene.rng.randrange(len(changelog))])
                    await self.scene.gate("assign.restoring")
                    if self._generation != generation:
                        return
                store.restore(changelog)

    def _positions(self, partitions: list[int]) -> dict[tuple[str, int], int]:
        return {
            (topic, partition): self.scene.log.committed.get((topic, partition), 0)
            for partition in partitions
            for topic in (*self._topics, CHECK_REQUESTS)
        }

    def _start(self, partitions: list[int], positions: Mapping[tuple[str, int], int]) -> None:
        self.read = dict(positions)
        for partition in partitions:
            lane = self.lanes[partition] = Lane(
                partition,
                self._logic,
                self._log.partition(partition),
                self._disk[partition],
                config=self._config,
                # On a clock that stands still every fold is cheap: then a lane would never rest.
                turns=None if self._config.rest_share else self._log.turns,
                slices=self._slices,
                on_applied=lambda topic, offset: self.scene.gate_now("lane.acked"),
                on_failed=lambda error: self.scene.crash(self.process, error),
            )
            lane.start()
            for topic in self._topics:
                lane.offer(Chunk(topic, partition, (), positions[topic, partition]))

    def _tick(self, partition: int) -> int:
        """The tick of a new owner, by the clock of its machine."""
        now = self.scene.clock
        if self.scene.chaos.at("world.clock") == "back":
            now -= self.scene.rng.choice((1, 60, 300)) * (now.resolution * 1_000_000)
        value = orjson.dumps({"now": now.isoformat()})
        return int(self.scene.publish(TICKS, None, value, partition=partition).offset)

    async def let_go(self) -> None:
        """Finish the batches that run and let everything go."""
        self._generation = -1
        await self.scene.gate("revoke.begun")
        lanes, self.lanes = self.lanes, {}
        for lane in lanes.values():
            lane.drop()
        await asyncio.gather(*(lane.stop() for lane in lanes.values()))
        await self._log.settle()
        await self.scene.gate("revoke.stopped")
        self._commit_pool()
        for topic, partition in self.read:
            if topic == CHECK_REQUESTS:
                self.pool.drop(topic, partition)
        self.read = {}

    # -- records ---------------------------------------------------------------------------

    async def _feed(self, generation: int) -> None:
        """Hand over what can be read, topics in any order, in chunks of any size."""
        scene, log = self.scene, self.scene.log
        while self._generation == generation:
            places = self._readable()
            scene.rng.shuffle(places)
            fed = False
            for topic, partition in places:
                if not self._accepts(topic, partition):
                    continue
                again = await scene.gate("fetch.chunk") == "again"
                if self._generation != generation:
                    return
                limit = scene.rng.choice((2, 20, 1000))
                start = self.read[topic, partition]
                if again and topic != CHECK_REQUESTS:
                    start = max(0, start - 4)  # a consumer that has gone back to read once more
                chunk = log.read(topic, partition, start, limit)
                if chunk is not None:
                    self.read[topic, partition] = max(chunk.next_offset, start)
                    self._offer(chunk)
                    fed = True
            self._commit_pool()
            if not fed:
                await scene.news(self.read, 1.0)
                await scene.loop.nap(0.004)

    def _readable(self) -> list[tuple[str, int]]:
        end = self.scene.log.stable_end
        return [place for place, at in self.read.items() if at < end(*place)]

    def _accepts(self, topic: str, partition: int) -> bool:
        if topic == CHECK_REQUESTS:
            return not self.pool.full(topic, partition)
        return topic == TICKS or not self.lanes[partition].full

    def _offer(self, chunk: Chunk) -> None:
        if chunk.topic == CHECK_REQUESTS:
            self.pool.offer(chunk)
            return
        lane = self.lanes[chunk.partition]
        lane.offer(chunk)
        self.queued_max = max(self.queued_max, lane._queue.records)

    # -- the pool --------------------------------------------------------------------------

    def _note(self, topic: str, partition: int, next_offset: int) -> None:
        self._committable[topic, partition] = next_offset

    def _commit_pool(self) -> None:
        """Positions of the pool, as a member of the group; refused to former members."""
        if not self._committable:
            return
        ready, self._committable = self._committable, {}
        if self.scene.workers.takes(self.name, self._member_since):
            self.scene.log.committed.update(ready)
        self.scene.gate_now("pool.committed")

    async def _deliver(self, outputs: Sequence[Output]) -> None:
        kind = await self.scene.gate("pool.published")
        if kind == "error":
            raise InjectedError("not published")
        for output in outputs:
            self.scene.publish(
                output.topic, output.key, output.value, output.headers, output.partition
            )
        if kind == "lost":
            raise InjectedError("published, but nobody heard of it")
