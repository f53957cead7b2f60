"""An importer on real servers, with invoices and collections that the tests make up."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Consumer, TopicPartition

from connectors.log_client import LogClient
from connectors.postgres.pool import Pool
from dunnock.importer import Watch
from dunnock.importing import Imported, Importer, limits_of
from dunnock.importing_outbox import OutboxPublisher
from runtime.settings import Settings
from streams.core.records import Record
from streams.topic_setup import ensure_topics
from streams.topics import FAILED_DIRECT_DEBITS, TopicSpec

PARTITIONS = 2


@dataclass
class Rig:
    settings: Settings
    pool: Pool
    log: LogClient
    outbox: OutboxPublisher
    importer: Importer
    watch: Watch
    folder: Path
    #: Goes before every id, so that tests share a database.
    own: str

    async def invoice(self, name: str, minor: int = 4999, mandate: str | None = None) -> str:
        """An invoice as the projector writes it; its customer is `<own>customer`."""
        invoice_id = self.own + name
        await self.pool.execute(
            """INSERT INTO invoice_index (invoice_id, customer_id, mandate_id, minor, currency)
               VALUES ($1, $2, $3, $4, 'EUR')""",
            invoice_id,
            f"{self.own}customer",
            mandate,
            minor,
        )
        return invoice_id

    async def collection(self, name: str, invoice: str, **more: Any) -> str:
        """A debit as our own pain.008 writes it into the index."""
        known = {"attempt": 1, "minor": 4999, "country": "DE", "mandate": None, "payment": None}
        facts = known | more
        await self.pool.execute(
            """INSERT INTO collections_index (end_to_end_id, customer_id, invoice_id, attempt,
                   minor, currency, country, mandate_id, payment_id)
               VALUES ($1, $2, $3, $4, $5, 'EUR', $6, $7, $8)""",
            self.own + name, f"{self.own}customer", invoice, facts["attempt"], facts["minor"],
            facts["country"], facts["mandate"], facts["payment"],
        )  # fmt: skip
        return self.own + name

    async def take(self, content: bytes, name: str = "file.xml") -> Imported:
        path = self.folder.parent / f"{uuid.uuid4().hex}.xml"
        await asyncio.to_thread(path.write_bytes, content)
        return await self.importer.import_file(path, name, "command")

    async def counts(self, content: bytes) -> dict[str, int]:
        """Of an import: booked, known, unmatched, rejected."""
        done = await self.take(content)
        assert done.file["state"] == "booked", done.file
        names = ("booked", "already_known", "unmatched", "rejected")
        return {name: done.file["counts"][name] for name in names if done.file["counts"][name]}

    async def events(self) -> list[tuple[dict[str, str], bytes, dict[str, Any]]]:
        """Headers, key and data of everything on the topic."""
        records = await asyncio.to_thread(self._read)
        return [
            ({n: v.decode() for n, v in r.headers}, r.key or b"", orjson.loads(r.value or b""))
            for r in records
        ]

    def _read(self) -> list[Record]:
        topic = self.settings.topic_prefix + FAILED_DIRECT_DEBITS
        consumer = Consumer(
            {
                "bootstrap.servers": self.settings.kafka,
                "group.id": "reader",
                "enable.partition.eof": True,
            }
        )
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        found: list[Record] = []
        ends = 0
        while ends < PARTITIONS:
            message = consumer.poll(10)
            assert message is not None
            if message.error():
                ends += 1
                continue
            found.append(
                Record(
                    FAILED_DIRECT_DEBITS,
                    message.partition() or 0,
                    message.offset() or 0,
                    message.key(),
                    message.value(),
                    tuple((n, v or b"") for n, v in message.headers() or []),
                    0,
                )
            )
        consumer.close()
        return found

    async def records(self) -> list[Record]:
        return await asyncio.to_thread(self._read)


@asynccontextmanager
async def rigged(
    kafka: str, prefix: str, database_url: str, pool: Pool, place: Path
) -> AsyncIterator[Rig]:
    """A rig; its watch does not run by itself."""
    spec = TopicSpec(prefix + FAILED_DIRECT_DEBITS)
    await asyncio.to_thread(ensure_topics, kafka, [spec], PARTITIONS, 1)
    folder = place / "inbox"
    settings = Settings(
        kafka=kafka, topic_prefix=prefix, database_url=database_url, bank_folder=folder
    )
    log = LogClient(kafka, prefix)
    await log.start()
    try:
        # What other tests left must not come out on this topic.
        await pool.execute("UPDATE bank_returns SET published_at = now()")
        outbox = OutboxPublisher(pool, log)
        importer = Importer(pool, outbox, limits_of(settings))
        watch = Watch(pool, outbox, settings)
        yield Rig(settings, pool, log, outbox, importer, watch, folder, uuid.uuid4().hex[:8])
    finally:
        await log.stop()
