"""A real member of a worker's group, and the log that a worker would commit to with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from confluent_kafka import Consumer

from streams.group_reader import GroupReader
from streams.kafka_log import PartitionLog, WorkerLog
from streams.membership import Membership
from streams.producer import TransactionalProducer
from streams.topics import PAYMENTS, TopicNames, changelog_topic
from tables.definitions import CUSTOMER_HISTORY
from tests.integration.engine.harness import Installation, wait_until


@contextmanager
def member(home: Installation, instance: str) -> Iterator[tuple[Consumer, Membership]]:
    """Joins the group by way of `payments`, which must exist, and stays until the end."""
    consumer = Consumer(
        {
            "bootstrap.servers": home.kafka,
            "group.id": home.app_id,
            "group.instance.id": instance,
            "session.timeout.ms": 6_000,
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([home.topic(PAYMENTS)])

    def assigned() -> bool:
        consumer.poll(0.1)
        return bool(consumer.assignment())

    try:
        wait_until(assigned, 30)
        yield consumer, membership(consumer)
    finally:
        consumer.close()


def membership(consumer: Consumer) -> Membership:
    """What librdkafka knows, out of its own bytes."""
    metadata = consumer.consumer_group_metadata()
    generation = struct.unpack("=i", metadata[7:11])[0]
    group, member_id, instance = metadata[11:].split(b"\0", 2)
    known = instance != b"\1"
    found = Membership(
        group.decode(),
        generation,
        member_id.decode(),
        instance[1:-1].decode() if known else None,
    )
    assert found.metadata() == metadata, "librdkafka writes it in another way now"
    return found


class Owner:
    """The log of a worker named `name`, with a thread pool of its own."""

    def __init__(self, home: Installation, reader: GroupReader, name: str = "w1") -> None:
        self.home, self.reader = home, reader
        self.threads = ThreadPoolExecutor(2)
        self._owner: Membership | None = None
        self.producer = TransactionalProducer(home.kafka, f"{home.app_id}-{name}")
        names = TopicNames(home.prefix)
        self.worker = WorkerLog(home.app_id, self.producer, reader, names, self.threads)

    async def log(
        self, owner: Membership, partition: int = 0, positions: Mapping[str, int] | None = None
    ) -> PartitionLog:
        """Open one partition as a worker does when it was assigned."""
        await self.worker.init()
        if owner != self._owner:
            self.worker.owned_as(owner)
            self._owner = owner
        changelogs = {
            table: self.reader.end_offsets([changelog_topic(self.home.app_id, table)], partition)
            for table in (CUSTOMER_HISTORY,)
        }
        ends = {table: end for table, found in changelogs.items() for end in found.values()}
        return self.worker.partition(partition, positions or {PAYMENTS: 0}, ends)

    async def close(self) -> None:
        await self.worker.close()
        self.threads.shutdown()
