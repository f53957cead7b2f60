"""What is asked of the broker beside the data path: committed offsets and end offsets.

The consumer here has the group's id and never subscribes, so it is no member of the group.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.producer import LIBRDKAFKA

REQUEST_TIMEOUT_S = 15.0
RETRY_LIMIT_S = 30.0
RETRY_PAUSE_S = 0.1

T = TypeVar("T")
Position = tuple[str, int]

_PASSING = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's local errors have such names
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._WAIT_COORD,  # noqa: SLF001
    }
)


class GroupReader:
    """Blocking; call off the event loop. Safe from several threads."""

    def __init__(self, bootstrap: str, group: str) -> None:
        # Committed offsets are asked for with `require_stable`: an offset inside an open
        # transaction is waited for, not overlooked.
        self._group = group
        self._consumer = _outsider(bootstrap, group, "read_committed")
        self._overlooking = _outsider(bootstrap, group, "read_uncommitted")
        self._admin = AdminClient(
            {"bootstrap.servers": bootstrap, "log_level": 3, "logger": LIBRDKAFKA}
        )

    def committed(self, positions: Iterable[Position]) -> dict[Position, int | None]:
        """The group's committed offset of each (topic, partition), None where there is none."""
        wanted = [TopicPartition(topic, partition) for topic, partition in positions]
        if not wanted:
            return {}
        found = _retrying(lambda: self._consumer.committed(wanted, REQUEST_TIMEOUT_S))
        for entry in found:
            if entry.error is not None:
                raise KafkaException(entry.error)
        return {(e.topic, e.partition): e.offset if e.offset >= 0 else None for e in found}

    def are_stable(self, positions: Iterable[Position], wait_s: float) -> bool:
        """Whether no open transaction holds a committed offset of these.

        librdkafka asks again for `wait_s` before it says so; what else delays it counts as no.
        """
        wanted = [TopicPartition(topic, partition) for topic, partition in positions]
        try:
            found = self._consumer.committed(wanted, wait_s) if wanted else []
            for entry in found:
                if entry.error is not None:
                    raise KafkaException(entry.error)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING:
                raise
            return False
        return True

    def writers(self, positions: Iterable[Position]) -> set[str]:
        """The transactional ids beside the last committed offsets, open transactions overlooked.

        Only those of this group's workers: a tool that sets offsets may write there what it likes.
        """
        wanted = [TopicPartition(topic, partition) for topic, partition in positions]
        found = _retrying(lambda: self._overlooking.committed(wanted, REQUEST_TIMEOUT_S))
        written = {entry.metadata or "" for entry in found if entry.error is None}
        return {name for name in written if name.startswith(f"{self._group}-")}

    def end_offsets(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """High watermarks of one partition of each topic, open transactions included."""
        ends = self.ends((topic, partition) for topic in topics)
        return {topic: offset for (topic, _), offset in ends.items()}

    def ends(self, positions: Iterable[Position]) -> dict[Position, int]:
        """High watermarks, open transactions included."""
        return self._listed({TopicPartition(t, p): OffsetSpec.latest() for t, p in positions})

    def committed_ends(self, positions: Iterable[Position]) -> dict[Position, int]:
        """How far a committed read gets now: an open transaction holds it up."""
        request = {TopicPartition(t, p): OffsetSpec.latest() for t, p in positions}
        return self._listed(request, IsolationLevel.READ_COMMITTED)

    def start_offsets(self, positions: Iterable[Position]) -> dict[Position, int]:
        """The first offset that is still there, of each (topic, partition)."""
        request = {TopicPartition(t, p): OffsetSpec.earliest() for t, p in positions}
        return self._listed(request)

    def _listed(
        self,
        request: dict[TopicPartition, OffsetSpec],
        isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
    ) -> dict[Position, int]:
        if not request:
            return {}
        return _retrying(lambda: self._list(request, isolation))

    def _list(
        self, request: dict[TopicPartition, OffsetSpec], isolation: IsolationLevel
    ) -> dict[Position, int]:
        """Raises KafkaException.

        What librdkafka knows of leaders and their epochs it keeps for minutes, also when the broker
        refuses it: nothing but a look at the topics makes it learn the new ones.
        """
        try:
            return self._ask(request, isolation)
        except KafkaException as error:
            if error.args[0].code() in _PASSING:
                self._admin.list_topics(timeout=REQUEST_TIMEOUT_S)
            raise

    def _ask(
        self, request: dict[TopicPartition, OffsetSpec], isolation: IsolationLevel
    ) -> dict[Position, int]:
        futures = self._admin.list_offsets(
            request, isolation_level=isolation, request_timeout=REQUEST_TIMEOUT_S
        )
        return {(tp.topic, tp.partition): f.result().offset for tp, f in futures.items()}

    def close(self) -> None:
        self._consumer.close()
        self._overlooking.close()


def _outsider(bootstrap: str, group: str, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "log_level": 3,
            "logger": LIBRDKAFKA,
        }
    )


def _retrying(call: Callable[[], T]) -> T:
    """Repeat while the broker is only not ready yet: a leader moves, a topic is new."""
    deadline = time.monotonic() + RETRY_LIMIT_S
    while True:
        try:
            return call()
        except KafkaException as error:
            code = error.args[0].code()
            if code not in _PASSING or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_PAUSE_S)
