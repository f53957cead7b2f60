"""A whole world: workers, dispatchers, providers, and the plan that is carried out in it."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import orjson
import stamina.instrumentation
from aiokafka.errors import KafkaError

import agents.request_checks
import connectors.bureaus.ask
from agents.parts import PartsLogic
from agents.wiring import parts
from connectors.postgres.pool import LOST
from runtime.settings import Settings
from streams.core.memory_worker import MemoryGroup
from streams.core.pool import OutsideFailure
from streams.core.records import Record
from tests.simulation.world.database import Tables
from tests.simulation.world.disk import Disk
from tests.simulation.world.dispatcher import Dispatcher
from tests.simulation.world.gateways import Provider
from tests.simulation.world.group import Coordinator
from tests.simulation.world.loop import Stuck
from tests.simulation.world.plan import Plan
from tests.simulation.world.process import Process
from tests.simulation.world.rest import Rest
from tests.simulation.world.scene import InjectedError, Scene
from tests.simulation.world.teller import Act
from tests.simulation.world.worker import TICKS, Worker

CHANNELS = ("sms", "push", "email")
#: After the last fault everything must have been dealt with within this time (invariant I10).
QUIET_S_MAX = 400.0
_WORKER_STEPS = 2_000
_DISPATCHER_STEPS = 450


class NotQuiet(Exception):
    """Something is left that nobody deals with."""


@cache
def _business() -> Any:
    """The parts keep nothing of what they are called with, so worlds may share them."""
    return parts(Settings())


class World:
    """Make one, `run()` it, read what is left in it."""

    def __init__(self, plan: Plan, *, tell: bool = False, survey: bool = False) -> None:
        self.scene = Scene(plan, tell=tell, survey=survey)
        self.scene.loop.passing = (OutsideFailure, KafkaError, InjectedError, *LOST)
        self.plan = plan
        business = _business()
        logic = PartsLogic(business)
        self.policy = business[0].rules.starting
        self._logic, self._topics = logic, list(logic.topics)
        self.group = Coordinator(self.scene, self.scene.workers)
        self.workers: dict[str, Worker] = {}
        self.every_worker: list[Worker] = []
        self.disks: dict[str, Disk] = {}
        self.tables = Tables(lambda: self.scene.clock, self.scene.loop.time)
        self.providers = {channel: Provider(self.scene, channel) for channel in CHANNELS}
        self.channel_groups = {
            channel: Coordinator(self.scene, MemoryGroup()) for channel in CHANNELS
        }
        self.offsets: dict[str, dict[Any, int]] = {channel: {} for channel in CHANNELS}
        self.dispatchers: dict[str, Dispatcher] = {}
        self.rest = Rest(self.scene, self._topics, self.group, self.channel_groups, self.offsets)
        self.quiet_after_s: float | None = None

    def run(self) -> None:
        """Carry out the plan, then let everything come to rest. Raises `NotQuiet` or `Stuck`."""
        scene = self.scene
        random.seed(self.plan.seed)  # the jitter of retries
        stamina.instrumentation.set_on_retry_hooks([])
        ours = mock.patch.multiple
        clock = SimpleNamespace(monotonic=scene.loop.time)
        with (
            ours(connectors.bureaus.ask, time=clock),
            ours(agents.request_checks, utc_now=lambda: scene.clock),
        ):
            try:
                scene.loop.run_until_complete(self._carry_out())
            finally:
                self._bury()
        if scene.loop.complaints:
            scene.defects += scene.loop.complaints

    def _bury(self) -> None:
        """Forget every task without running anything of it."""
        loop = self.scene.loop
        for task in asyncio.all_tasks(loop):
            coroutine: Any = task.get_coro()
            try:
                coroutine.close()
            except BaseException:  # noqa: BLE001 - what is dead may not speak any more
                continue
        loop.close()

    # -- processes -------------------------------------------------------------------------

    def _start_worker(self, name: str) -> None:
        process = self.scene.start(name, "step.worker", mean_steps=_WORKER_STEPS)
        if self.scene.chaos.at("world.disk") == "wipe":
            self.scene.tell(f"{name}: its disk is empty")
            self.disks[name] = {}

        async def live() -> None:
            disk = self.disks.setdefault(name, {})
            worker = Worker(self.scene, name, process, disk, self._logic, self._topics)
            worker.init()
            self.workers[name] = worker
            self.every_worker.append(worker)
            self.group.join(worker)

        self.scene.on_end[name] = lambda _: self._ended(name, self.group, self._start_worker)
        self.scene.on_resume[name] = lambda _: self.group.resumed(self.workers[name])
        process.spawn(live())

    def _start_dispatcher(self, name: str) -> None:
        process = self.scene.start(name, "step.dispatcher", mean_steps=_DISPATCHER_STEPS)
        channel = name.split("-")[1]
        group = self.channel_groups[channel]

        async def live() -> None:
            dispatcher = Dispatcher(
                self.scene,
                name,
                process,
                self.providers[channel],
                self.tables,
                group,
                self.offsets[channel],
            )
            self.dispatchers[name] = dispatcher
            dispatcher.start()

        def resumed(_: Process) -> None:
            group.resumed(self.dispatchers[name].consumer)

        self.scene.on_end[name] = lambda _: self._ended(name, group, self._start_dispatcher)
        self.scene.on_resume[name] = resumed
        process.spawn(live())

    def _ended(self, name: str, group: Coordinator, start: Any) -> None:
        """Its supervisor starts it again; its group waits for its session."""
        member = group.members.get(name)
        if member is not None:
            group.ended(member)
        self.scene.later(self.scene.rng.uniform(0.1, 6), start, name)

    # -- the plan --------------------------------------------------------------------------

    async def _carry_out(self) -> None:
        keepers = [asyncio.create_task(self.group.run())]
        keepers += [asyncio.create_task(group.run()) for group in self.channel_groups.values()]
        for number in range(self.plan.workers):
            self._start_worker(f"worker-{number}")
        for number in range(self.plan.dispatchers):
            for channel in CHANNELS:
                self._start_dispatcher(f"dispatcher-{channel}-{number}")
        for act in self.plan.acts:
            if act.after_s:
                await asyncio.sleep(act.after_s)
            await self._act(act)
        await self._come_to_rest()
        for keeper in keepers:
            keeper.cancel()

    async def _act(self, act: Act) -> None:
        scene = self.scene
        if act.fact is not None:
            fact = act.fact
            record = scene.publish(fact.topic, fact.key.encode(), fact.value, fact.headers)
            scene.tell(f"{fact.topic}[{record.partition}]@{record.offset} {fact.what}")
            return
        if scene.chaos.at("world.clock") != "jump":
            await self.rest.quiet(20.0)
        start = scene.clock
        for hop in range(1, act.hops + 1):
            await self._tick(start + (act.at - start) * hop / act.hops)
        self._disturb()

    async def _tick(self, now: dt.datetime) -> None:
        """The clock moves on: every partition hears of it, sooner or later."""
        scene = self.scene
        scene.clock = max(scene.clock, now)
        value = orjson.dumps({"now": scene.clock.isoformat()})
        for partition in range(self.plan.partitions):
            scene.publish(TICKS, None, value, partition=partition)
        scene.tell("the clock moves")
        await asyncio.sleep(scene.rng.random() * 0.2)

    def _disturb(self) -> None:
        match self.scene.chaos.at("world.rebalance"):
            case "leave" if self.group.members:
                member = self.scene.rng.choice(list(self.group.members.values()))
                self.group.leave(member)
                self.scene.tell(f"{member.name} leaves the group for a while")
                self.scene.later(5.0, self._again, member)
            case "join":
                self.group.disturb()

    def _again(self, member: Any) -> None:
        if member.process.alive:
            member.process.spawn(self.group._return(member))

    async def _come_to_rest(self) -> None:
        """No more faults. Twice, for the clock moves on once more in between."""
        scene = self.scene
        scene.chaos.active = False
        began = scene.loop.time()
        for days in (0.5, 2.5):
            if not await self.rest.quiet(QUIET_S_MAX):
                raise NotQuiet(self.rest.unrest())
            self.quiet_after_s = scene.loop.time() - began
            await self._tick(scene.clock + dt.timedelta(days=days))
        if not await self.rest.quiet(QUIET_S_MAX):
            raise NotQuiet(self.rest.unrest())


def published(world: World, *topics: str) -> list[Record]:
    """Committed records of these topics."""
    return [record for topic in topics for record in world.scene.log.records(topic)]


__all__ = ["NotQuiet", "Stuck", "World", "published"]
