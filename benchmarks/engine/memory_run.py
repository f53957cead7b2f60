"""The reference job on the in-memory log, on one core: a worker without Kafka.

python -m benchmarks.engine.memory_run CORE WORKER WORKERS EVENTS. The worker has every WORKERS-th
partition. Prints "ready", waits for a line on its input, and prints what it did as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

import uvloop

from benchmarks.engine import job
from benchmarks.engine.dunnock_worker import TABLES, Folding
from benchmarks.engine.events import expected, zipf_events
from runtime.clock import utc_now
from streams.core.cluster import MemoryCluster
from streams.core.config import LaneConfig
from streams.core.partitioner import partition_of

PARTITIONS = 8
SEED = 20_260_405


async def run(worker: int, workers: int, count: int) -> dict[str, object]:
    """Load, wait for the word, fold everything; gives rate and verdict."""
    load = [
        event
        for event in zipf_events(count, SEED)
        if partition_of(event.key, PARTITIONS) % workers == worker
    ]
    cluster = MemoryCluster(
        Folding(),
        sources=job.SOURCES,
        tables=TABLES,
        partitions=PARTITIONS,
        config=LaneConfig(look_topics=()),
    )
    for event in load:
        cluster.publish(event.topic, event.key, event.value)
    print("ready", flush=True)
    sys.stdin.readline()
    began, began_cpu = time.time(), time.process_time()
    await cluster.start(utc_now())
    ended, cpu_s = time.time(), time.process_time() - began_cpu
    wanted = expected(load)
    outputs = sorted(record.value or b"" for record in cluster.records(job.OUTPUTS))
    correct = outputs == sorted(wanted.outputs.values()) and cluster.rows(job.TABLE) == wanted.rows
    await cluster.stop()
    return {
        "events": len(load),
        "began": began,
        "ended": ended,
        "cpu_s": cpu_s,
        "correct": correct,
    }


def main(core: str, worker: str, workers: str, count: str) -> None:
    os.sched_setaffinity(0, {int(core)})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(int(worker), int(workers), int(count)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
