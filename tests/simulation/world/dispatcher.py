"""A dispatcher of one channel: wired like `dunnock.dispatcher`, over the world's surroundings."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from connectors import kafka_io
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.pool import LOST
from dunnock.dispatcher import _BACKOFF_S_MAX, _CALL_S_MAX, _TASKS_MAX
from dunnock.dispatching.delivery import Delivery
from dunnock.dispatching.intake import Intake, messages_topic
from dunnock.dispatching.outbox import Outbox
from dunnock.dispatching.withdrawals import WithdrawalReader
from streams.core.pool import Pool, PoolConfig
from streams.core.records import Output, Record
from streams.topics import TopicNames
from tests.simulation.world.database import MemoryPool, Tables
from tests.simulation.world.gateways import Provider
from tests.simulation.world.group import Coordinator
from tests.simulation.world.kafka import Consumer, GroupConsumer, Producer
from tests.simulation.world.process import Process
from tests.simulation.world.scene import InjectedError, Scene

GIVE_UP_S = 60.0


class Lost(InjectedError):
    """The process ends because log or database were away: it is started again."""


class Dispatcher:
    """One life of a dispatcher. Make it in the context of its process."""

    def __init__(
        self,
        scene: Scene,
        name: str,
        process: Process,
        provider: Provider,
        tables: Tables,
        group: Coordinator,
        offsets: dict[Any, int],
    ) -> None:
        self._scene = scene
        self._process = process
        self._running: list[Any] = []
        names = TopicNames()
        channel = provider.channel
        database: Any = MemoryPool(scene, tables)
        dispatches = Dispatches(database, simulated=True, give_up_s=GIVE_UP_S)
        ends = kafka_io.EndOffsets(Consumer(scene))
        self.ahead = Consumer(scene)
        self.consumer = GroupConsumer(scene, name, group, offsets)
        self.reader = WithdrawalReader(messages_topic(channel), self.ahead, ends, dispatches)
        self.intake = Intake(channel, names, self.consumer, self.reader)
        self.outbox = Outbox(kafka_io.Publisher(Producer(scene)), dispatches, names)
        self._delivery = Delivery(channel, provider.gateway(), dispatches, self.reader)
        self._looked = tables.looked
        self.pool = Pool(
            self._handle,
            self.outbox.deliver,
            on_committable=self.intake.committable,
            on_failed=self._failed,
            config=PoolConfig(
                tasks_max=_TASKS_MAX, call_timeout_s=_CALL_S_MAX, backoff_max_s=_BACKOFF_S_MAX
            ),
        )

    async def _handle(self, record: Record) -> Sequence[Output]:
        """The product's handler; how far the log reached when it was first called is evidence."""
        headers = dict(record.headers)
        if headers.get("ce_type") == b"message.requested.v1":
            name = str(orjson.loads(record.value or b"{}").get("message_id"))
            self._looked.setdefault(
                name, self._scene.log.stable_end(record.topic, record.partition)
            )
        return await self._delivery.handle(record)

    def start(self) -> None:
        """Run what the process runs, each as a task of its own."""
        for forever in (self.reader.run(), self.outbox.run(), self.intake.run(self.pool)):
            self._running.append(self._process.spawn(self._guard(forever)))

    async def _guard(self, forever: Coroutine[Any, Any, None]) -> None:
        try:
            await forever
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends of it
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, (KafkaError, *LOST)):
            error = Lost(type(error).__name__)
        self._scene.crash(self._process, error)
