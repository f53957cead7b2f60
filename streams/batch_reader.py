"""Reads partitions in large batches, read committed, from the caller's offsets, without a group.

For whoever keeps his offsets with what he makes of the records, such as the projection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from streams.core.records import Record, headers_from

RECORDS_MAX = 4_000
#: How long a fetch that is not full waits for more: the price of large batches in latency. Where
#: there is much to read the wait is longer, so that many versions of a row become one write.
WAIT_S = 0.2
BUSY_WAIT_S = 1.0
BUSY_RECORDS = 200
#: More than comes in a wait, so that the broker answers by time and not for each transaction.
_FETCH_MIN_BYTES = 256 * 1024
_METADATA_S = 3.0
_LOOK_AGAIN_S = 0.5
_PASSING = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001 - librdkafka's own codes have such names
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    }
)


class ReaderFailed(Exception):
    """The log says something that reading on won't overcome."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records in order within each partition. `is_full`: there is probably more."""

    records: tuple[Record, ...]
    is_full: bool


class BatchReader:
    """Blocking; call off the event loop. Overcomes lost brokers by itself."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._closed = False
        self._busy = False
        #: `close` comes from another thread than the call it ends.
        self._one_call = threading.Lock()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                # Asked for by librdkafka; nothing is ever committed or subscribed under it.
                "group.id": client_id,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 200,
                "fetch.min.bytes": _FETCH_MIN_BYTES,
                "queued.max.messages.kbytes": 32 * 1024,
                # By default nothing is fetched for a second once the queue was full.
                "fetch.queue.backoff.ms": 20,
                "topic.metadata.refresh.interval.ms": 30_000,
                "log_level": 3,
            }
        )

    def wait_for(self, topics: Iterable[str]) -> None:
        """Return when all topics exist, or when the reader is closed."""
        missing = set(topics)
        while missing and not self._closed:
            missing -= self._existing()
            if missing:
                time.sleep(_LOOK_AGAIN_S)

    def _existing(self) -> set[str]:
        with self._one_call:
            if self._closed:
                return set()
            try:
                known = self._consumer.list_topics(timeout=_METADATA_S).topics
            except KafkaException:  # no broker answers: that it is away will pass
                return set()
            return {name for name, about in known.items() if about.error is None}

    def start(self, offsets: Mapping[tuple[str, int], int | None]) -> None:
        """Read these partitions from these offsets, None: from what is left of the beginning."""
        self._consumer.assign(
            [
                TopicPartition(topic, number, OFFSET_BEGINNING if at is None else at)
                for (topic, number), at in offsets.items()
            ]
        )

    def fetch(self) -> Fetched:
        """What is there now, at most `RECORDS_MAX`. Raises `ReaderFailed`."""
        with self._one_call:
            wait_s = BUSY_WAIT_S if self._busy else WAIT_S
            messages = [] if self._closed else self._consumer.consume(RECORDS_MAX, wait_s)
        self._busy = len(messages) > BUSY_RECORDS
        records = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(_record(message))
            elif error.fatal() or error.code() not in _PASSING:
                raise ReaderFailed(error.str())
        return Fetched(tuple(records), len(messages) == RECORDS_MAX)

    def close(self) -> None:
        """End; calls of other threads return soon, empty-handed."""
        self._closed = True
        with self._one_call:
            self._consumer.close()


def _record(message: Message) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        headers=headers_from(message.headers()),
        timestamp_ms=max(0, message.timestamp()[1]),
    )
