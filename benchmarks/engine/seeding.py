"""Fills a changelog with the rows of customers FIRST to LAST (exclusive), 400 bytes each.

python -m benchmarks.engine.seeding KAFKA TOPIC FIRST LAST COMPRESSION
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.engine.broker import Broker
from benchmarks.engine.events import customer, seeded_row
from benchmarks.engine.systems import ROOT
from dunnock.embedded.process import Program, spawn, stop

FLUSH_S = 120.0
LIMIT_S = 400.0
PROCESSES = 2
REQUEST_S = 30.0
#: Compaction would find nothing to do in these rows, but its reading would cost what is measured.
_CONFIG = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(24 * 60 * 60 * 1000),
    "max.message.bytes": str(8 * 1024 * 1024),
}


def seed(
    broker: Broker,
    topic: str,
    customers: int,
    partitions: int,
    directory: Path,
    compression: str,
) -> None:
    """Create the changelog and fill it. Blocking; raises when a row was not delivered.

    `compression` as the system under test writes it.
    """
    admin = AdminClient({"bootstrap.servers": broker.address})
    made = admin.create_topics([NewTopic(topic, partitions, 1, config=_CONFIG)])
    made[topic].result(REQUEST_S)
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        share = customers // PROCESSES
        bounds = [index * share for index in range(PROCESSES)] + [customers]
        seeding = [
            _start(stack, (broker.address, topic, str(first), str(last), compression), directory)
            for first, last in itertools.pairwise(bounds)
        ]
        for process in seeding:
            if process.wait(LIMIT_S) != 0:
                raise RuntimeError(f"seeding failed: see {directory}")


def _start(stack: ExitStack, arguments: Sequence[str], directory: Path) -> subprocess.Popen[bytes]:
    program = Program(
        name="seeding",
        argv=(sys.executable, "-m", "benchmarks.engine.seeding", *arguments),
        address="",
        probe=lambda: None,
        env={"PYTHONPATH": str(ROOT)},
    )
    process = spawn(program, directory / "seeding.log")
    stack.callback(stop, process, program.stop_signal)
    return process


def main(kafka: str, topic: str, first: str, last: str, compression: str) -> None:
    failed: list[object] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "partitioner": "murmur2_random",
            "compression.type": compression,
            "linger.ms": 20,
            "batch.size": 524_288,
            "queue.buffering.max.messages": 200_000,
            "delivery.report.only.error": True,
            "on_delivery": delivered,
        }
    )
    for number in range(int(first), int(last)):
        while True:
            try:
                producer.produce(topic, seeded_row(number), customer(number).encode())
                break
            except BufferError:
                producer.poll(0.05)
        if number % 1_000 == 0:
            producer.poll(0)
    if producer.flush(FLUSH_S) or failed:
        raise RuntimeError(f"not delivered: {failed[:1] or 'not in time'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
