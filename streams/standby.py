"""Standby copies: local rows of partitions that another worker owns, kept close to their changelog.

When such a partition is assigned here one day, only what is left has to be restored. A thread of
its own tails the changelogs, read committed, with a consumer that never subscribes. It opens stores
that nobody else sees: no row of a standby is served, and no lane writes to one. RocksDB's lock on
the directory makes sure of it: whoever wants the store has to wait until the standby has stopped.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    Message,
    TopicPartition,
)
from faust.types import TP

from runtime import metrics
from streams.group_reader import GroupReader
from streams.restore import changelog_consumer, forget_if_unusable
from streams.stores import LocalStores
from streams.tail import Source, Tail, apply
from streams.topics import changelog_table

logger = logging.getLogger(__name__)

#: What is in memory at once: a batch (its records are counted by the size of the last ones), what
#: librdkafka has fetched ahead, and the answer to one fetch.
FIRST_BATCH_RECORDS = 100
BATCH_RECORDS_MAX = 1_000
BATCH_BYTES_MAX = 2 * 1024 * 1024
AHEAD_KIB_MAX = 8 * 1024
#: How long a batch may gather, and so how long a stop may have to wait for it.
POLL_S = 0.2
#: Few and large fetches: being half a second late costs nothing, a busy broker costs the lanes.
FETCH_MIN_BYTES = 1_000_000
FETCH_WAIT_MS = 500
QUEUE_FULL_WAIT_MS = 100
_FOLLOWING = {
    # Never silently from elsewhere: see `Tail.read`.
    "auto.offset.reset": "error",
    "queued.max.messages.kbytes": AHEAD_KIB_MAX,
    "fetch.queue.backoff.ms": QUEUE_FULL_WAIT_MS,
    "fetch.min.bytes": FETCH_MIN_BYTES,
    "fetch.max.bytes": AHEAD_KIB_MAX * 1024,
    "fetch.wait.max.ms": FETCH_WAIT_MS,
}
#: Rest for each second of work. One that catches up leaves the processor to those who are live.
REST_SHARE = 1.0
RETRY_S = 10.0
#: Between two looks at a store that RocksDB has to compact first.
HELD_UP_S = 0.2


@dataclass(frozen=True, slots=True)
class StandbyStatus:
    """Where a copy stands: the next offset, and how many records its changelog has from there."""

    position: int
    lag_records: int


class Standby:
    """Follows at most one set of changelogs. Methods are for the event loop, none of them blocks.

    `follow` → (rows) → `stopped`, then `follow` again. What fails here is logged, counted and tried
    again: a worker is not ended for its copies of somebody else's rows.
    """

    def __init__(
        self,
        bootstrap: str,
        app_id: str,
        stores: LocalStores,
        reader: GroupReader,
        executor: Executor,
    ) -> None:
        """`stores` belong to the standby alone; it opens them, and closes them when it stops."""
        self._bootstrap = bootstrap
        self._app_id = app_id
        self._stores = stores
        self._reader = reader
        self._executor = executor
        self._running: asyncio.Future[None] | None = None
        self._stop = threading.Event()
        #: By table and partition. Replaced as a whole by the thread.
        self.status: Mapping[tuple[str, int], StandbyStatus] = {}

    def follow(self, changelogs: Iterable[TP]) -> None:
        """Begin. Needs `stopped` since the last `follow`, and the stores to be closed."""
        if self._running is not None:
            raise RuntimeError("the standby still runs")
        wanted = sorted(changelogs)
        if wanted:
            self._stop = threading.Event()
            self._running = asyncio.get_running_loop().run_in_executor(
                self._executor, self._run, wanted, self._stop
            )

    def stop(self) -> None:
        """Ask it to stop soon."""
        self._stop.set()

    async def stopped(self) -> None:
        """Stop; afterwards every store is closed with all its rows on disk. Idempotent."""
        self._stop.set()
        running = self._running
        if running is not None:
            await asyncio.wait({running})
            if self._running is running:
                self._running = None
            running.result()

    # -- in the thread -----------------------------------------------------------------------

    def _run(self, changelogs: list[TP], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._tail(changelogs, stop)
            except Exception:  # whatever it is: the live partitions go on without a copy
                metrics.STANDBY_FAILURES.inc()
                logger.exception("standby failed, it begins again in %.0f s", RETRY_S)
                stop.wait(RETRY_S)
            finally:
                self.status = {}
                metrics.STANDBY_LAG_RECORDS.clear()

    def _tail(self, changelogs: list[TP], stop: threading.Event) -> None:
        consumer = changelog_consumer(self._bootstrap, f"{self._app_id}-standby", _FOLLOWING)
        # RocksDB writes out on closing what has no write-ahead log.
        with closing(self._stores), closing(consumer):
            tails = self._opened(changelogs)
            consumer.assign(
                [
                    TopicPartition(topic, partition, tail.position or OFFSET_BEGINNING)
                    for (topic, partition), tail in tails.items()
                ]
            )
            room = FIRST_BATCH_RECORDS
            while not stop.is_set():
                # One call for all, not one for each: a busy event loop gives the interpreter away
                # every 5 ms only, and each call would have to wait for that.
                messages = consumer.consume(room, POLL_S)
                began = time.monotonic()
                apply(messages, tails)
                self._show(consumer, tails)
                room = _room(messages) if messages else room
                stop.wait((time.monotonic() - began) * REST_SHARE)
                while any(tail.rows.is_held_up() for tail in tails.values()):
                    if stop.wait(HELD_UP_S):
                        break

    def _opened(self, changelogs: list[TP]) -> dict[Source, Tail]:
        tails = {}
        for partition in sorted({tp.partition for tp in changelogs}):
            topics = [tp.topic for tp in changelogs if tp.partition == partition]
            for topic, end in self._reader.end_offsets(topics, partition).items():
                table = changelog_table(self._app_id, topic)
                rows = self._stores.rows(table, partition)
                forget_if_unusable(rows, TP(topic, partition), end)
                offset = rows.changelog_offset()
                first = 0 if offset is None else offset + 1
                tails[topic, partition] = Tail(table, rows, first, end)
        return tails

    def _show(self, consumer: Consumer, tails: Mapping[Source, Tail]) -> None:
        status = {}
        for (topic, partition), tail in tails.items():
            # Cached: from the last fetch. Negative before the first one.
            _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            tail.end = max(high, tail.end)
            lag = max(0, tail.end - tail.position)
            status[tail.table, partition] = StandbyStatus(tail.position, lag)
            metrics.STANDBY_LAG_RECORDS.labels(tail.table, str(partition)).set(lag)
        self.status = status


def _room(messages: list[Message]) -> int:
    """How many records like these make a batch."""
    size = sum(len(message.value() or b"") for message in messages)
    like_these = BATCH_BYTES_MAX * len(messages) // max(1, size)
    return max(1, min(BATCH_RECORDS_MAX, like_these))
