"""The ceiling: consume, fold over a dict, produce. No store, no changelog, no transactions.

At SIGTERM it writes its rows to `rows.json`, for the check.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer

sys.path.insert(0, os.environ["BENCH_ROOT"])
from benchmarks.engine import job

COMMIT_EVERY = 20_000


class Loop:
    """Runs until `stopping`."""

    def __init__(self) -> None:
        kafka = os.environ["BENCH_KAFKA"]
        self.stopping = False
        self._outputs = os.environ["BENCH_PREFIX"] + job.OUTPUTS
        self._rows: dict[bytes, bytes] = {}
        self._uncommitted = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": os.environ["BENCH_GROUP"],
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def run(self) -> None:
        prefix = os.environ["BENCH_PREFIX"]
        self._consumer.subscribe([prefix + name for name in job.SOURCES])
        while not self.stopping:
            messages = self._consumer.consume(1_000, 0.1)
            for message in messages:
                if message.error() is not None:
                    raise KafkaException(message.error())
                self._handle(message.key(), message.value())
            self._uncommitted += len(messages)
            self._producer.poll(0)
            if self._uncommitted and (not messages or self._uncommitted >= COMMIT_EVERY):
                self._commit()
        Path(os.environ["BENCH_DIR"], "rows.json").write_text(
            json.dumps({key.decode(): row.decode() for key, row in self._rows.items()})
        )

    def _handle(self, key: bytes, value: bytes) -> None:
        self._rows[key], output = job.fold(self._rows.get(key), value)
        if output is not None:
            self._producer.produce(self._outputs, output, key)

    def _commit(self) -> None:
        if self._producer.flush(30):
            raise TimeoutError("outputs were not delivered")
        self._consumer.commit(asynchronous=False)
        self._uncommitted = 0


if __name__ == "__main__":
    loop = Loop()
    signal.signal(signal.SIGTERM, lambda *_: setattr(loop, "stopping", True))
    loop.run()
