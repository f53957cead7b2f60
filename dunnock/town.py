"""`dunnock town`: publishes the town's traffic at its rate, with the progress in the log.

Settings: `DUNNOCK_TOWN_RATE`, `_COUNT`, `_SEED`, `_PEOPLE`, `_SPIKES`. Ends after the count, or
serves until it is stopped. A broker that is away is waited for: the town falls behind and then
catches up, nothing is left out.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from datetime import UTC, datetime

from confluent_kafka import KafkaError, Message, Producer

from runtime.clock import epoch_s, utc_now
from runtime.health import health_server
from runtime.logs import logger
from runtime.settings import Settings
from simulators.town import Town, TownEvent

#: Events are handed over in slices of this length: often enough to look even.
_SLICE_S = 0.01
#: A town that is behind does not wait, but lets others have the event loop this often.
_BREATH_EVERY = 100
_PROGRESS_EVERY_S = 10.0
_FLUSH_S_MAX = 30.0
#: What the contract's simulated clock shows at first; dates then fit to it.
_SIMULATED_START = datetime(2026, 6, 1, 9, tzinfo=UTC)
_log = logger(__name__)


class TownPublisher:
    """Publishes events with the Java client's partitioner and counts what was acknowledged."""

    def __init__(self, bootstrap: str, topic_prefix: str = "") -> None:
        self._prefix = topic_prefix
        self.acknowledged: Counter[str] = Counter()
        self.failed = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": "dunnock-town",
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 5,
                # A broker that is restarted is waited for.
                "message.timeout.ms": 300_000,
            }
        )

    async def publish(self, event: TownEvent) -> None:
        """Hand over one event; waits while the queue is full."""
        while True:
            try:
                self._producer.produce(
                    self._prefix + event.topic,
                    key=event.key.encode(),
                    value=event.value,
                    headers=event.headers,
                    timestamp=int(event.at.timestamp() * 1000),
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0)
                await asyncio.sleep(_SLICE_S)
            else:
                return

    def serve(self) -> int:
        """Take delivery reports without waiting; gives how many events are on their way."""
        self._producer.poll(0)
        return len(self._producer)

    async def flush(self) -> int:
        """Wait for the reports of all; gives how many never came."""
        return await asyncio.to_thread(self._producer.flush, _FLUSH_S_MAX)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.acknowledged[(message.topic() or "").removeprefix(self._prefix)] += 1
            return
        self.failed += 1
        _log.error("an event was not delivered", error=error.str())


async def run(settings: Settings) -> None:
    """Publish until the count is reached or the process is stopped."""
    seed = settings.town_seed or int(epoch_s())
    start = _SIMULATED_START if settings.clock == "simulated" else utc_now()
    town = Town(
        seed=seed,
        start=start,
        rate=settings.town_rate,
        people=settings.town_people,
        spikes=settings.town_spikes,
    )
    publisher = TownPublisher(settings.kafka, settings.topic_prefix)
    _log.info("the town wakes up", seed=seed, rate=settings.town_rate, count=settings.town_count)
    async with health_server(settings.listen_host, settings.listen_port, lambda: {"awake": True}):
        try:
            await _tell(town, publisher, settings.town_count or None)
        finally:
            lost = await publisher.flush()
            _log.info(
                "the town sleeps",
                acknowledged=dict(publisher.acknowledged),
                failed=publisher.failed + lost,
            )
    if publisher.failed + lost:
        raise RuntimeError(f"{publisher.failed + lost} events were not acknowledged")


async def _tell(town: Town, publisher: TownPublisher, count: int | None) -> None:
    began = time.monotonic()
    next_progress = began + _PROGRESS_EVERY_S
    for number, event in enumerate(itertools.islice(town.events(), count)):
        due = began + (event.at - town.start).total_seconds()
        while (wait_s := due - time.monotonic()) > 0:
            publisher.serve()
            await asyncio.sleep(min(_SLICE_S, wait_s))
        await publisher.publish(event)
        if number % _BREATH_EVERY == 0:
            publisher.serve()
            await asyncio.sleep(0)
        now = time.monotonic()
        if now >= next_progress:
            next_progress = now + _PROGRESS_EVERY_S
            _log.info(
                "the town goes on",
                acknowledged=publisher.acknowledged.total(),
                on_their_way=publisher.serve(),
                behind_s=round(max(0.0, now - due), 1),
            )
