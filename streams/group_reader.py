"""What is asked of the broker beside the data path: committed offsets, end offsets, group metadata.

The consumer here has the group's id and never subscribes, so it is no member of the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

REQUEST_TIMEOUT_S = 15.0
OFFSET_ATTEMPTS_MAX = 5

Position = tuple[str, int]


class GroupReader:
    """Blocking; call off the event loop. Safe from several threads."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                # Committed offsets are then asked for with `require_stable`: an offset inside an
                # open transaction is waited for, not overlooked.
                "isolation.level": "read_committed",
                "log_level": 3,
            }
        )
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})

    def group_metadata(self) -> object:
        """Metadata without a member: transactions are fenced by their id, not by the group."""
        return self._consumer.consumer_group_metadata()

    def committed(self, positions: Iterable[Position]) -> dict[Position, int | None]:
        """The group's committed offset of each (topic, partition), None where there is none."""
        wanted = [TopicPartition(topic, partition) for topic, partition in positions]
        if not wanted:
            return {}
        found = self._consumer.committed(wanted, REQUEST_TIMEOUT_S)
        for entry in found:
            if entry.error is not None:
                raise KafkaException(entry.error)
        return {(e.topic, e.partition): e.offset if e.offset >= 0 else None for e in found}

    def end_offsets(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """High watermarks of one partition of each topic, open transactions included."""
        return self._offsets(topics, [partition], OffsetSpec.latest(), partition)

    def start_offsets(self, positions: Iterable[Position]) -> dict[Position, int]:
        """The first offset that is still there, of each (topic, partition)."""
        request = {TopicPartition(t, p): OffsetSpec.earliest() for t, p in positions}
        return self._listed(request)

    def _offsets(
        self, topics: Sequence[str], partitions: list[int], spec: OffsetSpec, only: int
    ) -> dict[str, int]:
        request = {TopicPartition(t, p): spec for t in topics for p in partitions}
        return {topic: offset for (topic, p), offset in self._listed(request).items() if p == only}

    def _listed(self, request: dict[TopicPartition, OffsetSpec]) -> dict[Position, int]:
        if not request:
            return {}
        for attempt in range(OFFSET_ATTEMPTS_MAX):
            futures = self._admin.list_offsets(
                request,
                isolation_level=IsolationLevel.READ_UNCOMMITTED,
                request_timeout=REQUEST_TIMEOUT_S,
            )
            try:
                return {
                    (tp.topic, tp.partition): future.result().offset
                    for tp, future in futures.items()
                }
            except KafkaException as error:
                if attempt == OFFSET_ATTEMPTS_MAX - 1 or not error.args[0].retriable():
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._consumer.close()
