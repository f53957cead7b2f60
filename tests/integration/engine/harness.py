"""Starts counting workers, feeds them and reads back what they committed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from dunnock.embedded.ports import free_port
from streams.topic_setup import ensure_topics
from streams.topics import CASES, PAYMENTS, TopicSpec, changelog_specs, changelog_topic
from tables.definitions import CUSTOMER_HISTORY

ROOT = Path(__file__).resolve().parents[3]
READY_S = 60.0
DONE_S = 90.0


@dataclass
class Installation:
    """One app on the shared broker: its own prefix, group and directory."""

    kafka: str
    prefix: str
    directory: Path
    partitions: int = 2
    sent: Counter[str] = field(default_factory=Counter)
    workers: list[Worker] = field(default_factory=list)

    @property
    def app_id(self) -> str:
        return f"{self.prefix}dunnock"

    def topic(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def worker(
        self, name: str = "w1", program: str = "counting_worker", **environment: str
    ) -> Worker:
        """Start a worker; `close` ends it."""
        started = Worker(self, name, program, environment)
        self.workers.append(started)
        return started

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()

    def prepare(self, *topics: str) -> None:
        """Create these topics and the changelog of the counts, without a worker."""
        specs = [
            *(TopicSpec(self.topic(name)) for name in topics),
            *changelog_specs(self.app_id, [CUSTOMER_HISTORY]),
        ]
        ensure_topics(self.kafka, specs, self.partitions, 1)

    # -- feeding -----------------------------------------------------------------------------

    def send(self, count: int, keys: int = 50, topic: str = PAYMENTS, first: int = 0) -> None:
        """`count` records of 1 for `keys` keys, counted in `sent`."""
        producer = Producer(
            {"bootstrap.servers": self.kafka, "partitioner": "murmur2_random", "linger.ms": 5}
        )
        for number in range(first, first + count):
            key = f"k{number % keys}"
            while True:
                try:
                    producer.produce(self.topic(topic), b"1", key.encode())
                    break
                except BufferError:
                    producer.poll(0.1)
            self.sent[key] += 1
        assert producer.flush(30) == 0

    def send_raw(self, key: bytes | None, value: bytes | None, topic: str = PAYMENTS) -> None:
        producer = Producer({"bootstrap.servers": self.kafka, "partitioner": "murmur2_random"})
        producer.produce(self.topic(topic), value, key)
        assert producer.flush(30) == 0

    # -- reading back ------------------------------------------------------------------------

    def read(self, topic: str) -> list[Message]:
        """Everything committed on a topic (wire name), to its end."""
        return read_committed(self.kafka, topic)

    def outputs(self) -> list[Message]:
        return self.read(self.topic(CASES))

    def wait_for_outputs(self, count: int, limit_s: float = DONE_S) -> list[Message]:
        """Until at least `count` outputs are committed."""
        found: list[Message] = []

        def enough() -> bool:
            found[:] = self.outputs()
            return len(found) >= count

        wait_until(enough, limit_s, lambda: f"{len(found)} of {count} outputs")
        return found

    def assert_exact(self) -> None:
        """Nothing lost, nothing double, every row right: on the log and in the changelog."""
        outputs = self.wait_for_outputs(self.sent.total())
        ids = Counter(dict(message.headers())["ce_id"] for message in outputs)
        doubles = [name for name, count in ids.items() if count > 1]
        assert doubles == []
        assert len(outputs) == self.sent.total()
        rows = self.changelog_rows(CUSTOMER_HISTORY)
        assert {key: int(value) for key, value in rows.items()} == dict(self.sent)

    def changelog_rows(self, table: str) -> dict[str, bytes]:
        """The table as its changelog has it."""
        rows: dict[str, bytes] = {}
        for message in self.read(changelog_topic(self.app_id, table)):
            if message.value() is None:
                rows.pop(message.key().decode(), None)
            else:
                rows[message.key().decode()] = message.value()
        return rows


class Worker:
    """One worker process."""

    def __init__(
        self, home: Installation, name: str, program: str, environment: dict[str, str]
    ) -> None:
        self.name = name
        self.port = free_port()
        self.log = home.directory / f"{name}.log"
        self.data = home.directory / "data"
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.integration.engine.{program}"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DUNNOCK_KAFKA": home.kafka,
                "DUNNOCK_TOPIC_PREFIX": home.prefix,
                "DUNNOCK_PARTITIONS": str(home.partitions),
                "DUNNOCK_PROCESS_NAME": name,
                "DUNNOCK_DATA_DIR": str(self.data),
                "DUNNOCK_LISTEN_PORT": str(self.port),
                "REDIS_URL": "redis://127.0.0.1:1/0",
                **environment,
            },
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; status 0 while nothing listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as got:
                return got.status, got.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def status(self) -> dict[str, object]:
        code, body = self.get("/internal/status")
        return json.loads(body) if code == 200 else {"ready": False, "partitions": {}}

    def partitions(self) -> set[int]:
        return {int(p) for p, lane in self.status()["partitions"].items() if lane["open"]}

    def wait_ready(self, limit_s: float = READY_S) -> Worker:
        def ready() -> bool:
            assert self.process.poll() is None, f"{self.name} ended:\n{self.tail()}"
            return self.get("/readyz")[0] == 200

        wait_until(ready, limit_s, self.tail)
        return self

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the out-of-memory killer does it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, limit_s: float = 15.0) -> int:
        """SIGTERM; gives the exit code."""
        self.process.terminate()
        return self.process.wait(limit_s)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


def wait_until(
    condition: Callable[[], bool], limit_s: float, explain: Callable[[], str] = lambda: ""
) -> None:
    """Poll; fails with `explain()` when it takes longer."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {explain()}"
        time.sleep(0.2)


def read_committed(bootstrap: str, topic: str) -> list[Message]:
    """All committed records of a topic, up to its present end."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "reader",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        waiting, found = set(partitions), []
        while waiting:
            for message in consumer.consume(1000, 1.0):
                if message.error() is None:
                    found.append(message)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    waiting.discard(message.partition())
                else:
                    raise AssertionError(message.error())
        return found
    finally:
        consumer.close()


def delete_topics(bootstrap: str, topics: Iterable[str]) -> None:
    """Keep the shared broker small."""
    futures = AdminClient({"bootstrap.servers": bootstrap}).delete_topics(list(topics))
    for future in futures.values():
        future.result(10)
