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

POLL_RECORDS_MAX = 10_000
POLL_TIMEOUT_S = 0.2
STALL_WARNING_S = 30.0
_IN_BULK = {
    "auto.offset.reset": "earliest",
    "queued.max.messages.kbytes": 32 * 1024,
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
    changes: dict[tuple[str, int], dict[bytes, bytes | None]] = {}
    reached: dict[tuple[str, int], int] = {}
    count = 0
    for message in messages:
        source = (message.topic(), message.partition())
        task = open_tasks.get(source)
        if task is None:
            continue
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                raise KafkaException(error)
            # The end of what is committed; behind the last record stand transaction markers.
            reached[source] = max(message.offset(), reached.get(source, 0))
        elif message.offset() < task.end:
            changes.setdefault(source, {})[message.key()] = message.value()
            reached[source] = message.offset() + 1
            count += 1
        else:
            reached[source] = message.offset()
    for source, position in reached.items():
        task = open_tasks[source]
        done = position >= task.end
        rows = changes.get(source, {})
        task.rows.restore_rows(rows, min(position, task.end) - 1)
        metrics.RECOVERY_ROWS.labels(task.table).inc(len(rows))
        if done:
            task.rows.flush()
            del open_tasks[source]
    return count
