"""Plays a plan on the log: each event at its time, whatever the system under test does meanwhile.

python -m benchmarks.engine.writer KAFKA PREFIX PLAN CREATED. The plan has a line for each event:
seconds after the start, topic, key, value, with tabs between. CREATED gets the epoch seconds at
which each was handed over: its CreateTime.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from confluent_kafka import Producer

#: What Kafka's own client does since 4.0.
LINGER_MS = 5
FLUSH_S = 30.0


def main(kafka: str, prefix: str, plan: str, created: str) -> None:
    due = [line.split("\t") for line in Path(plan).read_text().splitlines()]
    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": LINGER_MS,
        }
    )
    producer.list_topics(timeout=FLUSH_S)
    times = []
    began = time.time() + 0.2
    for at, topic, key, value in due:
        while (wait_s := began + float(at) - time.time()) > 0:
            producer.poll(min(wait_s, 0.001))
        now = time.time()
        times.append(now)
        producer.produce(prefix + topic, value, key, timestamp=int(now * 1000))
    if producer.flush(FLUSH_S):
        raise TimeoutError("events were not delivered")
    Path(created).write_text("".join(f"{at:.6f}\n" for at in times))


if __name__ == "__main__":
    main(*sys.argv[1:])
