"""A policy is published to every partition once, and never under a newer one."""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import Consumer, TopicPartition

from streams.policy_log import publish_policy
from streams.topic_setup import ensure_topics
from streams.topics import TopicSpec

PARTITIONS = 4


def keys(kafka: str, topic: str) -> list[tuple[int | None, bytes | None]]:
    """Partition and value of everything on the topic."""
    reader = Consumer(
        {"bootstrap.servers": kafka, "group.id": "reader", "enable.partition.eof": True}
    )
    reader.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found, ends = [], 0
    while ends < PARTITIONS:
        message = reader.poll(10)
        assert message is not None
        if message.error():
            ends += 1
        else:
            found.append((message.partition(), message.value()))
    reader.close()
    return sorted(found, key=str)


def test_only_newer_versions_are_published(kafka: str, topic_prefix: str) -> None:
    """Twice the same, then an older one: nothing new; then a newer one, everywhere."""
    topic = f"{topic_prefix}policies"
    ensure_topics(kafka, [TopicSpec(topic, compact=True)], PARTITIONS, 1)
    publish: Callable[[int], list[int]] = lambda version: publish_policy(  # noqa: E731
        kafka, topic, "acceptance", version, b'{"version": %d}' % version
    )
    assert publish(2) == [0, 1, 2, 3]
    assert publish(2) == []
    assert publish(1) == []
    assert publish(3) == [0, 1, 2, 3]
    assert len(keys(kafka, topic)) == 2 * PARTITIONS
