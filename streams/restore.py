"""Bulk restore: reads changelogs into local stores, far faster than Faust's event by event.

A librdkafka consumer that never subscribes reads [first, end) of each changelog partition, read
committed, in a thread. Rows and offset go to the store in one WriteBatch per poll; a restore that
is cut goes on where it stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from faust.types import TP

from runtime import metrics
from streams.producer import LIBRDKAFKA
from streams.rocks import PartitionRows
from streams.topics import TOMBSTONE_RETENTION_MS

logger = logging.getLogger(__name__)

POLL_RECORDS_MAX = 2_000
POLL_TIMEOUT_S = 0.2
STALL_WARNING_S = 30.0
_IN_BULK = {
    "auto.offset.reset": "earliest",
    "queued.max.messages.kbytes": 32 * 1024,
    # While its queue is full librdkafka fetches nothing for so long; by default for a second, in
    # which the queue runs dry: rows came at a third of the rate.
    "fetch.queue.backoff.ms": 20,
    "fetch.wait.max.ms": 50,
}
#: A local store older than this may have missed deletions that the changelog no longer shows.
LOCAL_AGE_MAX_S = TOMBSTONE_RETENTION_MS / 1000 / 2


@dataclass(frozen=True, slots=True)
class RestoreTask:
    """Bring `rows` up to the changelog's `end` (exclusive), starting at `first`."""

    table: str
    topic: str
    partition: int
    rows: PartitionRows
    first: int
    end: int


def forget_if_unusable(rows: PartitionRows, changelog: TP, end: int) -> bool:
    """Throw local rows away that the changelog can't bring up to date; tells whether it did."""
    offset = rows.changelog_offset()
    if offset is None:
        return False
    if offset < end and rows.age_s() <= LOCAL_AGE_MAX_S:
        return False
    logger.warning("local rows of %s are not of this changelog's past: restoring", changelog)
    rows.clear()
    return True


def restore(bootstrap: str, group: str, tasks: Sequence[RestoreTask], stop: threading.Event) -> int:
    """Blocking. Gives the number of changelog records read; stops early when `stop` is set."""
    open_tasks = {(task.topic, task.partition): task for task in tasks if task.first < task.end}
    if not open_tasks:
        return 0
    started = time.monotonic()
    consumer = changelog_consumer(bootstrap, group, _IN_BULK)
    count = 0
    try:
        consumer.assign(
            [TopicPartition(task.topic, task.partition, task.first) for task in open_tasks.values()]
        )
        quiet_since = started
        while open_tasks and not stop.is_set():
            messages = consumer.consume(POLL_RECORDS_MAX, POLL_TIMEOUT_S)
            count += _apply(messages, open_tasks)
            if messages:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > STALL_WARNING_S:
                quiet_since = time.monotonic()
                logger.warning("restore waits for the broker: %s", sorted(open_tasks))
    finally:
        consumer.close()
    logger.info("restored %d changelog records in %.1f s", count, time.monotonic() - started)
    return count


def changelog_consumer(bootstrap: str, group: str, fetching: Mapping[str, object]) -> Consumer:
    """Never subscribes, commits nothing, reads committed and tells the end of a partition.

    `fetching`: librdkafka's settings for how much it reads ahead and where it may begin.
    """
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 3,
            "logger": LIBRDKAFKA,
            **fetching,
        }
    )


def _apply(messages: list[Message], open_tasks: dict[tuple[str, int], RestoreTask]) -> int:
    """Write what these hold of the tasks' rows; a task at its end is taken off. Gives the rows."""
    found: dict[tuple[str, int], _Found] = {}
    for message in messages:
        source = (message.topic(), message.partition())
        task = open_tasks.get(source)
        if task is None:
            continue
        into = found.get(source)
        if into is None:
            into = found[source] = _Found(task)
        into.take(message)
    for source, into in found.items():
        if into.write():
            del open_tasks[source]
    return sum(into.records for into in found.values())


class _Found:
    """What one poll has of one task."""

    __slots__ = ("_end", "_reached", "_rows", "_task", "records")

    def __init__(self, task: RestoreTask) -> None:
        self._task = task
        self._end = task.end
        self._rows: dict[bytes, bytes | None] = {}
        self._reached = 0
        self.records = 0

    def take(self, message: Message) -> None:
        """A record, or the end of what is committed. Raises `KafkaException` on an error."""
        offset = message.offset()
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                raise KafkaException(error)
            # Behind the last record stand transaction markers.
            self._reached = max(offset, self._reached)
        elif offset < self._end:
            self._rows[message.key()] = message.value()
            self._reached = offset + 1
            self.records += 1
        else:
            self._reached = offset

    def write(self) -> bool:
        """Rows and offset in one step; whether the task has come to its end."""
        task = self._task
        task.rows.restore_rows(self._rows, min(self._reached, self._end) - 1)
        metrics.RECOVERY_ROWS.labels(task.table).inc(len(self._rows))
        if self._reached < self._end:
            return False
        task.rows.flush()
        return True
