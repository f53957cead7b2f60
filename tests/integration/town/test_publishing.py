"""The town on a real broker: everything arrives once, where the Java client would put it."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

import pytest
from aiokafka.partitioner import murmur2
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from domain.events import INPUTS
from dunnock import town as process
from runtime.settings import Settings
from simulators.town import Town

COUNT = 600
PARTITIONS = 4


@pytest.fixture
def settings(kafka: str, topic_prefix: str) -> Settings:
    admin = AdminClient({"bootstrap.servers": kafka})
    topics = [NewTopic(topic_prefix + name, PARTITIONS, 1) for name in INPUTS]
    for future in admin.create_topics(topics).values():
        future.result(30)
    return Settings(
        kafka=kafka,
        topic_prefix=topic_prefix,
        town_rate=2_000,
        town_count=COUNT,
        town_seed=5,
        clock="simulated",
    )


async def test_everything_arrives_at_its_partition(settings: Settings) -> None:
    await process.run(settings)
    town = Town(5, datetime(2026, 6, 1, 9, tzinfo=UTC), rate=2_000)
    expected = {event.ce_id: event for event in itertools.islice(town.events(), COUNT)}
    consumer = Consumer({"bootstrap.servers": settings.kafka, "group.id": settings.topic_prefix})
    consumer.assign(
        [
            TopicPartition(settings.topic_prefix + name, number, 0)
            for name in INPUTS
            for number in range(PARTITIONS)
        ]
    )
    until = time.monotonic() + 20
    while expected and time.monotonic() < until:
        for message in consumer.consume(500, 0.5):
            headers = dict(message.headers() or [])
            event = expected.pop(headers["ce_id"].decode())
            assert message.topic() == settings.topic_prefix + event.topic
            assert message.value() == event.value
            assert message.partition() == (murmur2(event.key.encode()) & 0x7FFFFFFF) % PARTITIONS
    consumer.close()
    assert not expected
