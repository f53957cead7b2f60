"""Publishes to the log and remembers when each record was acknowledged, and where it lies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import Message, Producer

from tests.faults.events import Outgoing

FLUSH_S_MAX = 120.0


class Publisher:
    """An idempotent producer that survives a broker's restart. Times are epoch seconds."""

    def __init__(self, bootstrap: str, prefix: str = "", **settings: Any) -> None:
        self.bootstrap = bootstrap
        self._prefix = prefix
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 1,
                **settings,
                "message.timeout.ms": 180_000,
                "reconnect.backoff.max.ms": 500,
                "retry.backoff.ms": 20,
                "log_level": 2,
            }
        )
        #: (topic without prefix, partition, offset) -> when we had the broker's acknowledgement.
        self.acked_at: dict[tuple[str, int, int], float] = {}
        #: (topic, partition) -> the end of what was acknowledged, and a key of each partition.
        self.ends: dict[tuple[str, int], int] = {}
        self.keys: dict[int, str] = {}
        #: ce_id -> the same moment and place, for records that carry one.
        self.by_id: dict[str, tuple[float, int, int]] = {}
        #: ce_id -> when it was handed to the producer.
        self.sent: dict[str, float] = {}
        self.failed: list[str] = []

    def send(self, outgoing: Outgoing) -> None:
        """Queue one record; its acknowledgement comes later."""
        ce_id = dict(outgoing.headers).get("ce_id", b"").decode(errors="replace")

        def landed(error: Any, message: Message) -> None:
            if error is not None:
                self.failed.append(f"{outgoing.topic}: {error}")
                return
            moment = time.time()
            place = outgoing.topic, message.partition(), message.offset()
            self.acked_at[place] = moment
            end = place[:2]
            self.ends[end] = max(self.ends.get(end, 0), place[2] + 1)
            self.keys.setdefault(place[1], outgoing.key)
            if ce_id:
                self.by_id.setdefault(ce_id, (moment, message.partition(), message.offset()))

        if ce_id:
            self.sent.setdefault(ce_id, time.time())
        self._producer.produce(
            self._prefix + outgoing.topic,
            key=outgoing.key.encode(),
            value=outgoing.value,
            headers=list(outgoing.headers),
            on_delivery=landed,
            timestamp=int((time.time() + outgoing.ahead_s) * 1000),
        )
        self._producer.poll(0)

    def poll(self, seconds: float) -> None:
        """Serve acknowledgements for so long."""
        self._producer.poll(seconds)

    def flush(self) -> None:
        """Wait until everything is acknowledged. Raises RuntimeError when something was not."""
        left = self._producer.flush(FLUSH_S_MAX)
        if left or self.failed:
            raise RuntimeError(f"{left} records unacknowledged, failed: {self.failed[:3]}")


def publish_paced(
    publisher: Publisher, planned: Sequence[tuple[float, Outgoing]], progress: Any = None
) -> None:
    """Publish each record at its second, counted from now; late ones at once."""
    began = time.monotonic()
    for number, (at, outgoing) in enumerate(planned):
        while (wait := began + at - time.monotonic()) > 0:
            publisher.poll(min(wait, 0.05))
        publisher.send(outgoing)
        if progress is not None:
            progress(number + 1)
    publisher.flush()
