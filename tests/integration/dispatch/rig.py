"""A dispatcher in this process, in front of its simulator, fed like a worker feeds it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import aiohttp
import orjson
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.postgres.pool import Pool
from domain.events.outputs import MessageRequested, MessageWithdrawn
from dunnock import dispatcher
from runtime.health import serving
from runtime.settings import Settings
from simulators import email, letter, messages
from simulators.psp_webhooks import Webhooks
from streams.codec import headers_of

T = TypeVar("T")
PARTITIONS = 2
PATIENCE_S = 60.0


def message(channel: str = "sms", **changes: Any) -> MessageRequested:
    """A message that may be sent for an hour."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "message_id": f"m-{uuid.uuid4()}",
        "customer_id": f"c-{uuid.uuid4()}",
        "kind": "reminder",
        "channel": channel,
        "to": "jo@example.org" if channel == "email" else "+31612345678",
        "language": "nl",
        "subject": "Herinnering",
        "body": "Beste klant, er staat nog iets open.",
        "not_after": now + timedelta(hours=1),
        "requested_at": now,
        "caused_by": "e-1",
    }
    return MessageRequested.model_validate(fields | changes)


def withdrawal(of: MessageRequested) -> MessageWithdrawn:
    return MessageWithdrawn(
        message_id=of.message_id, customer_id=of.customer_id, because="paid", at=datetime.now(UTC)
    )


def create_topics(kafka: str, names: list[str]) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    made = admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    for future in made.values():
        future.result(10)


class Writer:
    """Writes transactions, as the workers do."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self._prefix = prefix
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "transactional.id": f"test-{uuid.uuid4()}",
                "partitioner": "murmur2_random",
                "retry.backoff.ms": 3,
            }
        )
        self._producer.init_transactions(10)

    def write(self, channel: str, *events: MessageRequested | MessageWithdrawn) -> None:
        """All of them in one transaction."""
        self._producer.begin_transaction()
        for event in events:
            kind = "requested" if isinstance(event, MessageRequested) else "withdrawn"
            self._producer.produce(
                f"{self._prefix}messages.{channel}",
                event.model_dump_json(exclude_none=True).encode(),
                event.customer_id.encode(),
                headers=list(
                    headers_of(
                        f"message.{kind}.v1", f"{event.message_id}/{kind}", datetime.now(UTC)
                    )
                ),
            )
        self._producer.commit_transaction(10)

    def write_raw(
        self,
        channel: str,
        key: bytes,
        value: bytes,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> None:
        self._producer.begin_transaction()
        topic = f"{self._prefix}messages.{channel}"
        self._producer.produce(topic, value, key, headers=list(headers))
        self._producer.commit_transaction(10)


def read_all(kafka: str, topic: str) -> list[dict[str, Any]]:
    """Every committed record of a topic: key, headers, value."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found, ends = [], set[int]()
    while len(ends) < PARTITIONS:
        record = consumer.poll(10)
        assert record is not None
        if record.error():
            ends.add(record.partition())
            continue
        headers = {
            name: (value or b"").decode(errors="replace") for name, value in record.headers() or []
        }
        found.append({"key": record.key(), "headers": headers, "value": record.value()})
    consumer.close()
    return found


@dataclass
class Rig:
    """What a test works with."""

    channel: str
    kafka: str
    prefix: str
    settings: Settings
    pool: Pool
    http: aiohttp.ClientSession
    control: str
    writer: Writer
    running: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        self.running = asyncio.create_task(dispatcher.run(self.settings, self.channel))

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
            self.running = None

    async def write(self, *events: MessageRequested | MessageWithdrawn) -> None:
        await asyncio.to_thread(self.writer.write, self.channel, *events)

    async def faults(self, **spec: Any) -> None:
        async with self.http.post(f"{self.control}/faults", json=spec) as answer:
            assert answer.status == 200

    async def received(self) -> list[str]:
        async with self.http.get(f"{self.control}/received") as answer:
            return [entry["message_id"] for entry in await answer.json()]

    async def row(self, message_id: str) -> dict[str, Any]:
        found = await self.pool.fetchrow(
            "SELECT * FROM dispatches WHERE message_id = $1", message_id
        )
        return dict(found) if found else {"state": None}

    async def settled(self, *events: MessageRequested) -> list[str]:
        """The end states of messages, once all have one."""

        async def states() -> list[str] | None:
            rows = [await self.row(event.message_id) for event in events]
            found = [row["state"] for row in rows]
            return None if {None, "claimed"} & set(found) else found

        return await until(states)

    async def receipts(self, *events: MessageRequested) -> list[dict[str, Any]]:
        """The receipts of messages, once all rows are marked."""

        async def marked() -> bool | None:
            rows = [await self.row(event.message_id) for event in events]
            return all(row.get("receipt_at") for row in rows) or None

        await until(marked)
        records = await asyncio.to_thread(read_all, self.kafka, f"{self.prefix}interactions")
        ids = {event.message_id for event in events}
        return [
            {**record, "data": data}
            for record in records
            if (data := orjson.loads(record["value"]))["message_id"] in ids
        ]


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` gives as soon as it gives something."""
    async with asyncio.timeout(PATIENCE_S):
        while (found := await look()) is None:  # noqa: ASYNC110 - what it looks at sends no events
            await asyncio.sleep(0.02)
        return found


@asynccontextmanager
async def gateway(channel: str) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A simulator; gives where to control it and the settings that point to it."""
    if channel == "email":
        mailbox = email.Mailbox()
        async with (
            email.smtp_server(mailbox, "127.0.0.1", 0) as smtp,
            serving(email.application(mailbox), "127.0.0.1", 0) as port,
        ):
            yield f"http://127.0.0.1:{port}", {"smtp": f"127.0.0.1:{smtp}"}
    elif channel == "letter":
        secret = Settings().letter_webhook_secret
        async with (
            Webhooks.open(secret) as webhooks,
            serving(letter.application(webhooks), "127.0.0.1", 0) as port,
        ):
            url = f"http://127.0.0.1:{port}"
            yield url, {"letter_url": url, "letter_webhook_url": "http://127.0.0.1:9/none"}
    else:
        async with serving(messages.application(channel), "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            yield url, {f"{channel}_url": url}


@asynccontextmanager
async def rigged(
    channel: str, kafka: str, prefix: str, database_url: str, pool: Pool, **changes: Any
) -> AsyncIterator[Rig]:
    """A rig whose dispatcher is not started yet."""
    create_topics(
        kafka, [f"{prefix}{n}" for n in (f"messages.{channel}", "interactions", "dead-letters")]
    )
    async with gateway(channel) as (control, places), aiohttp.ClientSession() as http:
        fields: dict[str, Any] = {
            "kafka": kafka,
            "database_url": database_url,
            "topic_prefix": prefix,
            "process_name": f"dispatcher-{channel}",
            "gateway_timeout_s": 1.0,
        }
        rig = Rig(
            channel,
            kafka,
            prefix,
            Settings(**(fields | places | changes)),
            pool,
            http,
            control,
            Writer(kafka, prefix),
        )
        try:
            yield rig
        finally:
            await rig.stop()
