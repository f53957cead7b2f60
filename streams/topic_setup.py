"""Creates missing topics with exact partition counts, and refuses to start when counts differ."""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from streams.topics import TopicSpec

REQUEST_TIMEOUT_S = 15.0
VISIBLE_TIMEOUT_S = 30.0


class PartitionMismatch(Exception):
    """A topic exists with another partition count than the one this installation is set to."""


def ensure_topics(
    bootstrap: str, specs: Iterable[TopicSpec], partitions: int, replication_factor: int
) -> None:
    """Create what is missing and wait until every topic has a leader for each partition.

    Blocking. Raises `PartitionMismatch` when an existing topic has another partition count: rows
    live in the partition of their event, so counts that differ would split customers.
    """
    wanted = {spec.name: spec for spec in specs}
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    missing = [wanted[name] for name in wanted if name not in _leaders(admin)]
    if missing:
        _create(admin, missing, partitions, replication_factor)
    deadline = time.monotonic() + VISIBLE_TIMEOUT_S
    while True:
        found = _leaders(admin)
        _check_counts(found, wanted, partitions)
        if all(found.get(name, [-1]).count(-1) == 0 for name in wanted):
            return
        if time.monotonic() > deadline:
            absent = sorted(name for name in wanted if -1 in found.get(name, [-1]))
            raise TimeoutError(f"topics without a leader after creation: {', '.join(absent)}")
        time.sleep(0.1)


def _leaders(admin: AdminClient) -> dict[str, list[int]]:
    metadata = admin.list_topics(timeout=REQUEST_TIMEOUT_S)
    return {
        name: [partition.leader for partition in topic.partitions.values()]
        for name, topic in metadata.topics.items()
        if topic.error is None
    }


def _create(
    admin: AdminClient, specs: list[TopicSpec], partitions: int, replication_factor: int
) -> None:
    futures = admin.create_topics(
        [
            NewTopic(
                spec.name,
                num_partitions=partitions,
                replication_factor=replication_factor,
                config=spec.config(replication_factor),
            )
            for spec in specs
        ],
        request_timeout=REQUEST_TIMEOUT_S,
    )
    for future in futures.values():
        try:
            future.result()
        except KafkaException as error:
            # Another worker that starts at the same moment may have been faster.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _check_counts(
    found: dict[str, list[int]], wanted: dict[str, TopicSpec], partitions: int
) -> None:
    wrong = {
        name: len(found[name])
        for name in sorted(wanted)
        if name in found and len(found[name]) != partitions
    }
    if wrong:
        listed = ", ".join(f"{name} has {count}" for name, count in wrong.items())
        raise PartitionMismatch(
            f"This installation is set to {partitions} partitions (DUNNOCK_PARTITIONS), but"
            f" {listed}. Give every topic the same count, or set the count they have. Not started."
        )
