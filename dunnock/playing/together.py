"""Publishes what a story tells at once so that nobody sees a part of it: in one transaction.

A worker may otherwise fold the first of three failed debits, and remind of it, before it reads the
second: true as well, but another story each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from confluent_kafka import KafkaException, Producer

from dunnock.embedded.problems import Problem
from dunnock.playing.driver import Publishing
from runtime.settings import settings
from streams.producer import producer_config
from streams.topics import TopicNames

_TIMEOUT_S = 30.0


class Together:
    """A producer of its own; `name` is nobody else's."""

    def __init__(self, bootstrap: str, name: str) -> None:
        prefix = settings().topic_prefix
        self._names = TopicNames(prefix)
        self._producer = Producer(
            producer_config(bootstrap) | {"transactional.id": f"{prefix}story{name}"}
        )
        self._is_new = True

    async def publish(self, events: Sequence[Publishing]) -> None:
        """All of them or none. Raises Problem when the broker does not take them."""
        try:
            await asyncio.to_thread(self._publish, events)
        except KafkaException as error:
            raise Problem(f"Kafka does not take the story's events: {error}.") from error

    def _publish(self, events: Sequence[Publishing]) -> None:
        if self._is_new:
            self._producer.init_transactions(_TIMEOUT_S)
            self._is_new = False
        self._producer.begin_transaction()
        for event in events:
            topic = self._names.wire(event.topic)
            headers = list(event.headers)
            self._producer.produce(topic, event.value, event.key, headers=headers)
        self._producer.commit_transaction(_TIMEOUT_S)
