"""Makes the real broker compact a topic within seconds, and tells what it left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Message
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from streams.group_reader import GroupReader
from streams.producer import TransactionalProducer
from tests.integration.engine.harness import Installation, wait_until

SEGMENT_MS = 100
#: A segment is closed by the first record that comes later than this, so each may be compacted.
SEGMENT_S = 1.5 * SEGMENT_MS / 1000
_BROKER = ConfigResource(ResourceType.BROKER, "1")
#: Closed segments at once, deleted rows at once, whatever little there is to gain.
_AT_ONCE = {
    "segment.ms": str(SEGMENT_MS),
    "delete.retention.ms": "1",
    "min.cleanable.dirty.ratio": "0.001",
}


@contextmanager
def compacting_at_once(bootstrap: str, topic: str) -> Iterator[None]:
    """The broker's cleaner hardly sleeps inside the block; `topic` is compacted at once."""
    _alter(bootstrap, ConfigResource(ResourceType.TOPIC, topic), _AT_ONCE)
    _alter(bootstrap, _BROKER, {"log.cleaner.backoff.ms": "200"})
    try:
        yield
    finally:
        _alter(bootstrap, _BROKER, {"log.cleaner.backoff.ms": None})


def _alter(bootstrap: str, resource: ConfigResource, to: Mapping[str, str | None]) -> None:
    kinds = {True: AlterConfigOpType.DELETE, False: AlterConfigOpType.SET}
    entries = [
        ConfigEntry(name, value, incremental_operation=kinds[value is None])
        for name, value in to.items()
    ]
    asked = ConfigResource(resource.restype, resource.name, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.incremental_alter_configs([asked]).values():
        future.result(10)


def compact_to_rows(home: Installation, topic: str, rows: int) -> None:
    """Until of everything committed only `rows` records are left, and no deletion.

    Each try adds an aborted record to every partition and a marker in a segment of its own: the
    active segment, which the broker never compacts, holds nothing else in the end.
    """
    producer = TransactionalProducer(home.kafka, f"{home.app_id}-aborts")
    producer.init()
    left: list[Message] = []

    def compacted() -> bool:
        producer.begin()
        for partition in range(home.partitions):
            producer.produce(topic, b"aborted", b"aborted", partition=partition)
        producer._producer.flush(10)
        time.sleep(SEGMENT_S)
        producer.abort()
        time.sleep(SEGMENT_S)
        left[:] = home.read(topic)
        return len(left) == rows and all(message.value() is not None for message in left)

    wait_until(compacted, 30, lambda: f"{len(left)} records left, {rows} wanted")
    producer.close()


def holes(home: Installation, topic: str) -> dict[int, tuple[int, int]]:
    """By partition: offsets without a record before its last record, and behind it."""
    reader = GroupReader(home.kafka, "somebody")
    offsets: dict[int, list[int]] = {partition: [] for partition in range(home.partitions)}
    for message in home.read(topic):
        offsets[message.partition()].append(message.offset())
    found = {}
    for partition, visible in offsets.items():
        last = visible[-1] if visible else -1
        end = reader.end_offsets([topic], partition)[topic]
        found[partition] = (last + 1 - len(visible), end - last - 1)
    reader.close()
    return found
