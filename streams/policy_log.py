"""The topic `policies`: compacted, every policy once in every partition, so each lane sees it.

The workers keep the newest version they have seen; here an older one is not even published, for
compaction would then keep it instead of the newer one.
"""

from __future__ import annotations

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from streams.producer import producer_config

READ_S_MAX = 30.0
PUBLISH_S_MAX = 30.0


class PolicyNotPublished(Exception):
    """The broker did not take the policy in every partition; publishing again is safe."""


def publish_policy(
    bootstrap: str, topic: str, policy_id: str, version: int, document: bytes
) -> list[int]:
    """Publish a sound policy where its version is newer. Gives those partitions. Blocking.

    Raises PolicyNotPublished or KafkaException when the broker does not answer.
    """
    known = _versions(bootstrap, topic, policy_id)
    behind = [partition for partition, newest in known.items() if newest < version]
    refused: list[str] = []

    def told(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            refused.append(error.str())

    producer = Producer(producer_config(bootstrap))
    for partition in behind:
        producer.produce(topic, document, policy_id, partition=partition, on_delivery=told)
    if producer.flush(PUBLISH_S_MAX) or refused:
        raise PolicyNotPublished(f"{policy_id} version {version}: {refused or 'no answer'}")
    return behind


def newest_version(bootstrap: str, topic: str, policy_id: str) -> int:
    """The newest version of the policy on the topic, 0 where there is none. Blocking.

    Raises as `publish_policy` does.
    """
    return max(_versions(bootstrap, topic, policy_id).values(), default=0)


def _versions(bootstrap: str, topic: str, policy_id: str) -> dict[int, int]:
    """The newest version of the policy in each partition, 0 where there is none."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-publisher",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = consumer.list_topics(topic, READ_S_MAX).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        newest = dict.fromkeys(partitions, 0)
        unread = set(partitions)
        while unread:
            message = consumer.poll(READ_S_MAX)
            if message is None:
                raise PolicyNotPublished(f"{topic}: the broker did not answer in {READ_S_MAX} s")
            partition = message.partition()
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                    raise KafkaException(error)
                unread.discard(partition)
            elif partition is not None and message.key() == policy_id.encode():
                newest[partition] = max(newest[partition], _version_of(message.value()))
        return newest
    finally:
        consumer.close()


def _version_of(value: bytes | None) -> int:
    """The version in a record; 0 for what is no policy (the workers dead-letter it)."""
    try:
        version = orjson.loads(value or b"")["version"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return version if isinstance(version, int) else 0
