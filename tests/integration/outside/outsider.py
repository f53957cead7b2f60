"""What somebody with the contract in hand can do: publish, read topics, ask the API, simulators."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import Consumer, Producer, TopicPartition

T = TypeVar("T")
WAIT_S = 60.0


class Outsider:
    """Everything goes over the wire, with what the JSON of `dunnock up` says."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self._producer = Producer(
            {"bootstrap.servers": info["kafka"], "partitioner": "murmur2_random", "acks": "all"}
        )

    def publish(
        self,
        topic: str,
        ce_type: str,
        data: dict[str, Any],
        *,
        key: str | None = None,
        ce_id: str | None = None,
        structured: bool = False,
    ) -> str:
        """Publish one event and wait for the broker; gives its ce_id."""
        name = ce_id or f"out-{uuid.uuid4().hex}"
        attributes = {
            "specversion": "1.0",
            "id": name,
            "type": ce_type,
            "source": "outside",
            "time": "2026-06-01T08:00:00Z",
        }
        if structured:
            body: Any = {**attributes, "data": data}
            headers = [("content-type", b"application/cloudevents+json")]
        else:
            body = data
            headers = [(f"ce_{n}", text.encode()) for n, text in attributes.items()]
            headers.append(("content-type", b"application/json"))
        self.publish_raw(topic, key or data["customer_id"], json.dumps(body).encode(), headers)
        return name

    def publish_raw(
        self, topic: str, key: str, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        """Any bytes."""
        self._producer.produce(topic, key=key.encode(), value=value, headers=list(headers))
        assert self._producer.flush(30) == 0

    def read(self, topic: str) -> list[tuple[dict[str, bytes], Any]]:
        """Headers and value of every committed record of a topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.info["kafka"],
                "group.id": f"outside-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
            }
        )
        partitions = consumer.list_topics(topic).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found, ended = [], set[int]()
        try:
            while len(ended) < len(partitions):
                message = consumer.poll(10)
                assert message is not None, f"{topic}: no answer from the broker"
                if message.error():
                    ended.add(message.partition())
                else:
                    found.append((dict(message.headers() or []), message.value()))
        finally:
            consumer.close()
        return found

    def api(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """The JSON that the web answers; urllib's HTTPError where it refuses."""
        return self._http(self.info["web"] + path, body, method)

    def status(self, path: str, body: Any = None) -> int:
        """Only the HTTP status."""
        try:
            self.api(path, body)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def simulator(self, name: str, path: str, body: Any = None, method: str | None = None) -> Any:
        """A simulator's own endpoints."""
        return self._http(self.info["simulators"][name] + path, body, method)

    def received(self, name: str, to: str) -> list[dict[str, Any]]:
        """What a gateway accepted for an address."""
        return [m for m in self.simulator(name, "/received") if m["to"] == to]

    def advance(self, duration: str) -> str:
        """Let simulated time pass; gives the time it is then."""
        return str(self.api("/api/v1/clock", {"advance": duration})["now"])

    def _http(self, url: str, body: Any, method: str | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.info['api_key']}",
            "Content-Type": "application/json",
        }
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read()
            return json.loads(text) if text else None


def until(look: Callable[[], T | None], what: str) -> T:
    """Poll until `look` gives something; the failure names what never came."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_S:.0f} s: {what}")
