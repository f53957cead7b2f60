"""Holds outputs as another process would: read committed, and notes when it has each.

python -m benchmarks.engine.reader KAFKA TOPIC COUNT HELD LIMIT_S. Ends after COUNT outputs or
LIMIT_S seconds; HELD then has a line for each: the event's number, epoch seconds, partition. An
empty file `HELD.ready` says that it reads.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

POLL_S = 0.2
REQUEST_S = 30.0


def main(kafka: str, topic: str, count: str, held: str, limit_s: str) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    places = []
    for number in consumer.list_topics(topic, timeout=REQUEST_S).topics[topic].partitions:
        place = TopicPartition(topic, number)
        place.offset = consumer.get_watermark_offsets(place, timeout=REQUEST_S)[1]
        places.append(place)
    consumer.assign(places)
    Path(f"{held}.ready").touch()
    lines: list[str] = []
    deadline = time.monotonic() + float(limit_s)
    while len(lines) < int(count) and time.monotonic() < deadline:
        message = consumer.poll(POLL_S)
        if message is None:
            continue
        now = time.time()
        if message.error() is not None:
            raise KafkaException(message.error())
        lines.append(f"{json.loads(message.value())['n']}\t{now:.6f}\t{message.partition()}\n")
    consumer.close()
    Path(held).write_text("".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
