"""The one broker of a bench: topics for each run, loads, and how far a group has committed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.engine.events import Event
from benchmarks.engine.job import OUTPUTS, SOURCES
from dunnock.embedded import kafka as embedded_kafka
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running

HEAP_MB = 1024
REQUEST_S = 30.0
FLUSH_S = 120.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it listens and which process it is."""

    address: str
    pid: int


@contextmanager
def running_broker(directory: Path, heap_mb: int = HEAP_MB) -> Iterator[Broker]:
    """A real broker, as in `dunnock up` but with more memory, for the length of the block."""
    program = embedded_kafka.prepare(
        directory / "kafka", port=free_port(), controller_port=free_port(), heap_mb=heap_mb
    )
    with running(program, directory / "kafka.log") as started:
        yield Broker(program.address, started.pid)


def create_topics(
    broker: Broker, names: Iterable[str], partitions: int, *, compact: bool = False
) -> None:
    """Blocking, until the broker has made them. They must not exist yet."""
    config = {"cleanup.policy": "compact"} if compact else {}
    admin = AdminClient({"bootstrap.servers": broker.address})
    made = admin.create_topics([NewTopic(name, partitions, 1, config=config) for name in names])
    for future in made.values():
        future.result(REQUEST_S)


def create_job_topics(broker: Broker, prefix: str, partitions: int) -> None:
    """Sources and outputs of one run; changelogs are made by the system itself."""
    create_topics(broker, [prefix + name for name in (*SOURCES, OUTPUTS)], partitions)


def topics_of(broker: Broker, prefix: str) -> list[str]:
    """Every topic whose name has `prefix` in it: systems put words of their own before it."""
    metadata = AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=REQUEST_S)
    return [name for name in metadata.topics if prefix in name]


def forget(broker: Broker, prefix: str) -> None:
    """Delete the topics of a run, so that the broker stays small."""
    names = topics_of(broker, prefix)
    admin = AdminClient({"bootstrap.servers": broker.address})
    for future in (admin.delete_topics(names) if names else {}).values():
        future.result(REQUEST_S)


def producer(broker: Broker, **settings: object) -> Producer:
    """Places keys as every other producer of this bench does."""
    return Producer(
        {
            "bootstrap.servers": broker.address,
            "partitioner": "murmur2_random",
            # Keeps the order when a request has to be sent again, as on a topic that is just made.
            "enable.idempotence": True,
            "linger.ms": 20,
            "batch.size": 262_144,
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": 262_144,
            **settings,
        }
    )


def load(broker: Broker, prefix: str, events: Iterable[Event]) -> None:
    """Produce everything as fast as it goes; returns when all is delivered."""
    topics = {name: prefix + name for name in SOURCES}
    put(broker, ((topics[event.topic], event.key, event.value) for event in events))


def put(broker: Broker, records: Iterable[tuple[str, bytes, bytes]], **settings: object) -> None:
    """Produce (topic, key, value); raises when one was not delivered."""
    target = producer(broker, **settings)
    failed: list[object] = []

    def delivered(error: object, _: object) -> None:
        if error is not None:
            failed.append(error)

    for topic, key, value in records:
        while True:
            try:
                target.produce(topic, value, key, on_delivery=delivered)
                break
            except BufferError:
                target.poll(0.05)
        target.poll(0)
    if target.flush(FLUSH_S) or failed:
        raise RuntimeError(f"not delivered: {failed[:1] or 'not in time'}")


class Progress:
    """How many source events a group has committed. Cheap enough to ask ten times a second."""

    def __init__(self, broker: Broker, group: str, topics: Sequence[str], partitions: int) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": broker.address, "group.id": group, "enable.auto.commit": False}
        )
        self._places = [
            TopicPartition(topic, number) for topic in topics for number in range(partitions)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def committed(self) -> int:
        """Sources start at offset 0 and hold no transactions, so offsets count events."""
        deadline = time.monotonic() + REQUEST_S
        while True:
            try:
                found = self._consumer.committed(self._places, timeout=REQUEST_S)
            except KafkaException:
                # The coordinator of a new group loads for a moment.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return sum(max(0, place.offset) for place in found)
