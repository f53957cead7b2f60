"""`dunnock projector`: keeps the lists in Postgres in step with the log, exactly once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import stamina

from connectors.postgres.pool import LOST, connected
from connectors.postgres.projection import Place, Projection, Reached
from connectors.postgres.pulse import Pulse
from runtime import logs, metrics
from runtime.clock import epoch_s, utc_now
from runtime.health import health_server
from runtime.settings import Settings
from streams.batch_reader import BatchReader, Fetched
from streams.core.records import Record
from streams.topics import TopicNames
from tables.projection import Projected, Rules

log = logs.logger(__name__)

_CAUGHT_UP_EVERY_S = 1.0
_PROGRESS_S_MAX = 15.0


class Projector:
    """Reads batches, projects them, writes them; `run()` until cancelled."""

    def __init__(self, reader: BatchReader, rules: Rules, projection: Projection) -> None:
        self._reader = reader
        self._rules = rules
        self._projection = projection
        self._offsets: dict[Place, int] = {}
        self._moved_at = float("-inf")
        self._caught_up_at = 0.0

    @property
    def is_live(self) -> bool:
        """Whether the last round ended lately."""
        return time.monotonic() - self._moved_at < _PROGRESS_S_MAX

    async def run(self, partitions: int) -> None:
        """Project until cancelled. Raises when the log or another projector forbids to go on."""
        self._offsets = await self._projection.offsets()
        topics = self._rules.topics
        places = [(topic, number) for topic in topics for number in range(partitions)]
        await asyncio.to_thread(self._reader.wait_for, topics)
        self._reader.start({place: self._offsets.get(place) for place in places})
        log.info("projecting", topics=len(topics), partitions=len(places))
        while True:
            asked_at = utc_now()
            # In a thread: decoding thousands of rows must not hold up the health checks.
            fetched, projected = await asyncio.to_thread(self._round)
            if fetched.records:
                await self._write(fetched, projected)
            if not fetched.is_full:
                await self._note_caught_up(asked_at)
            self._moved_at = time.monotonic()

    def _round(self) -> tuple[Fetched, Projected]:
        fetched = self._reader.fetch()
        return fetched, self._rules.project(fetched.records)

    async def _write(self, fetched: Fetched, projected: Projected) -> None:
        started = time.monotonic()
        try:
            await self._apply(projected, fetched.records)
        except asyncpg.DataError:
            # One value that its column can't hold must not stop the rest: find it.
            for record in fetched.records:
                await self._write_one(record)
        metrics.PROJECTION_SECONDS.observe(time.monotonic() - started)
        for topic, count in Counter(record.topic for record in fetched.records).items():
            metrics.PROJECTED.labels(topic).inc(count)
        for record in projected.unreadable:
            metrics.PROJECTION_SKIPPED.labels(record.topic).inc()
            log.warning("record without a row: it can't be read", **_place(record))
        newest = max(record.timestamp_ms for record in fetched.records)
        metrics.PROJECTION_DELAY_SECONDS.set(max(0.0, epoch_s() - newest / 1000))

    async def _write_one(self, record: Record) -> None:
        projected = self._rules.project([record])
        try:
            await self._apply(projected, [record])
        except asyncpg.DataError as error:
            log.error(  # noqa: TRY400 - the trace says nothing, the place everything
                "record without a row: its values don't fit",
                **_place(record),
                error=type(error).__name__,
            )
            await self._apply(Projected([], []), [record])

    async def _apply(self, projected: Projected, records: Sequence[Record]) -> None:
        reached = {
            (record.topic, record.partition): Reached(
                self._offsets.get((record.topic, record.partition)),
                record.offset + 1,
                datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
            )
            for record in records
        }
        async for attempt in stamina.retry_context(on=LOST, attempts=None, timeout=None):
            with attempt:
                await self._projection.apply(projected.writes, reached)
        self._offsets |= {place: at.after for place, at in reached.items()}

    async def _note_caught_up(self, at: datetime) -> None:
        if time.monotonic() - self._caught_up_at < _CAUGHT_UP_EVERY_S:
            return
        self._caught_up_at = time.monotonic()
        async for attempt in stamina.retry_context(on=LOST, attempts=None, timeout=None):
            with attempt:
                await self._projection.caught_up(at)


def _place(record: Record) -> dict[str, Any]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}


async def run(settings: Settings) -> None:
    """Project until cancelled."""
    reader = BatchReader(settings.kafka, f"{settings.app_id}-projector")
    try:
        async with connected(
            settings.database_url, name=settings.process_name, stateless=True
        ) as pool:
            pulse = Pulse(pool)
            projector = Projector(
                reader,
                Rules(settings.app_id, TopicNames(settings.topic_prefix)),
                Projection(pool),
            )
            async with (
                health_server(
                    settings.listen_host,
                    settings.listen_port,
                    lambda: {"projecting": projector.is_live, "database": pulse.beats},
                ),
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(pulse.run())
                tasks.create_task(projector.run(settings.partitions))
    finally:
        await asyncio.to_thread(reader.close)
