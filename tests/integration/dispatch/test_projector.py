"""The projector on a real broker and a real database, in a schema of its own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import pytest
from confluent_kafka import Producer

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from dunnock import projector
from runtime.settings import Settings
from streams.codec import headers_of
from streams.topics import TopicNames
from tables.projection import Rules
from tests.integration.dispatch.rig import PARTITIONS, create_topics, message, until, withdrawal


@dataclass
class Rig:
    settings: Settings
    pool: Pool
    producer: Any
    prefix: str
    running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.running = asyncio.create_task(projector.run(self.settings))

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
            self.running = None

    def event(self, topic: str, key: str, ce_type: str, data: dict[str, Any]) -> None:
        headers = headers_of(ce_type, str(uuid.uuid4()), datetime.now(UTC), "test")
        self.producer.produce(self.prefix + topic, orjson.dumps(data), key, headers=list(headers))

    def row(self, table: str, key: str, row: dict[str, Any] | None) -> None:
        value = None if row is None else orjson.dumps(row)
        self.producer.produce(f"{self.settings.app_id}-{table}-changelog", value, key)

    def flush(self) -> None:
        self.producer.flush(10)

    async def rows(self, query: str, count: int, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query once there are as many as expected."""

        async def look() -> list[dict[str, Any]] | None:
            if self.running is not None and self.running.done():
                await self.running  # it has failed: say so
            found = [dict(row) for row in await self.pool.fetch(query, *values)]
            return found if len(found) == count else None

        return await until(look)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """A database of its own: the projection's tables are one per database."""
    name = f"p{uuid.uuid4().hex[:8]}"
    admin = await asyncpg.connect(database_url)
    await admin.execute(f"CREATE DATABASE {name}")
    yield database_url.rpartition("/")[0] + f"/{name}"
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def rig(kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Rig]:
    await asyncio.to_thread(migrate, database)
    settings = Settings(
        kafka=kafka,
        database_url=database,  # type: ignore[call-arg]  # by its name, not its alias
        topic_prefix=topic_prefix,
        partitions=PARTITIONS,
    )
    create_topics(kafka, [*Rules(settings.app_id, TopicNames(topic_prefix)).topics])
    producer = Producer(
        {"bootstrap.servers": kafka, "partitioner": "murmur2_random", "log_level": 0}
    )
    async with connected(database) as pool:
        made = Rig(settings, pool, producer, topic_prefix)
        try:
            yield made
        finally:
            await made.stop()


def _customer(customer_id: str, minor: int) -> dict[str, Any]:
    """A row of customer_history with one open invoice."""
    at = "2026-06-01T09:00:00Z"
    return {
        "customer_id": customer_id,
        "profile": {
            "at": at,
            "ce_id": "e-1",
            "facts": {
                "customer_id": customer_id,
                "name": {"given": "Jo", "family": "Smit"},
                "birth_date": "1980-01-01",
                "language": "nl",
                "country": "NL",
                "timezone": "Europe/Amsterdam",
                "contact": {},
                "customer_since": "2020-01-01",
            },
        },
        "invoices": {
            "i-1": {
                "ce_id": "e-2",
                "facts": {
                    "invoice_id": "i-1",
                    "customer_id": customer_id,
                    "amount": {"minor": minor, "currency": "EUR"},
                    "issued_on": "2026-05-01",
                    "due_on": "2026-05-15",
                    "kind": "subscription",
                    "payment_method": "link",
                },
            }
        },
        "not_sent": [{"at": at, "because": "paid", "kind": "reminder", "currency": "EUR"}],
    }


async def test_a_customer_becomes_a_row_and_goes(rig: Rig) -> None:
    rig.start()
    rig.row("customer_history", "c-1", _customer("c-1", 4999))
    rig.row("customer_history", "c-2", _customer("c-2", 100))
    rig.row("fee_status", "c-1", {"status": "reduced", "rule": {"id": "r", "version": 2}})
    rig.flush()
    one, _ = await rig.rows("SELECT * FROM customers WHERE name <> '' ORDER BY 1", 2)
    assert (one["name"], one["country"], one["has_debt"]) == ("Jo Smit", "NL", True)
    assert one["balances"] == [{"minor": 4999, "currency": "EUR"}]
    assert len(await rig.rows("SELECT * FROM not_sent WHERE because = 'paid'", 2)) == 2
    await rig.rows("SELECT 1 FROM customers WHERE fee_status = 'reduced' AND name <> ''", 1)
    rig.row("customer_history", "c-1", None)
    rig.flush()
    (left,) = await rig.rows("SELECT * FROM customers", 1)
    assert left["customer_id"] == "c-2"


async def test_a_message_collects_what_became_of_it_in_any_order(rig: Rig) -> None:
    rig.start()
    template = {"id": "nl/notices.plan_agreed", "version": 3}
    sent = message(kind="plan", notice="plan_agreed", template=template)
    failed, taken_back = message(), message()
    for one in (sent, failed):
        kind = "delivered" if one is sent else "failed"
        detail = None if one is sent else {"reason": "http_422", "state": "unknown"}
        receipt = {
            "customer_id": one.customer_id,
            "channel": "sms",
            "at": "2026-06-01T09:00:00Z",
            "message_id": one.message_id,
            "detail": detail,
        }
        rig.event("interactions", one.customer_id, f"message.{kind}.v1", receipt)
    rig.flush()
    await rig.rows("SELECT 1 FROM messages", 2)
    for one in (sent, failed, taken_back):
        data = one.model_dump(mode="json", exclude_none=True)
        rig.event("messages.sms", one.customer_id, "message.requested.v1", data)
    gone = withdrawal(taken_back).model_dump(mode="json")
    rig.event("messages.sms", taken_back.customer_id, "message.withdrawn.v1", gone)
    rig.flush()
    rows = await rig.rows("SELECT * FROM messages WHERE body IS NOT NULL", 3)
    states = {row["message_id"]: row["state"] for row in rows}
    assert states == {
        sent.message_id: "delivered",
        failed.message_id: "unknown",
        taken_back.message_id: "withdrawn",
    }
    copy = next(row for row in rows if row["message_id"] == sent.message_id)
    assert (copy["notice"], copy["template"]) == ("plan_agreed", template)


async def test_decisions_applications_and_cases_can_be_found_by_id(rig: Rig) -> None:
    rig.start()
    decision = {
        "decision_id": "d-1",
        "application_id": "a-1",
        "outcome": "refer",
        "light": "amber",
        "degraded": True,
        "machine_outcome": "refer",
        "final_outcome": "refer",
        "decided_at": "2026-06-01T09:00:00Z",
    }
    rig.event("decisions", "c-1", "decision.made.v1", decision)
    rig.row("applications", "a-1", {"application_id": "a-1", "key": "c-1", "status": "decided"})
    case = {"case_id": "k-1", "customer_id": "c-1", "state": "open", "at": "2026-06-01T09:00:00Z"}
    rig.row("cases", "k-1", case)
    rig.flush()
    rows = await rig.rows("SELECT kind, id, key FROM row_index ORDER BY kind", 3)
    assert [tuple(row.values()) for row in rows] == [
        ("applications", "a-1", "c-1"),
        ("cases", "k-1", "c-1"),
        ("decisions", "d-1", "c-1"),
    ]


async def test_a_dead_letter_keeps_its_bytes_and_bad_records_stop_nothing(rig: Rig) -> None:
    rig.start()
    rig.producer.produce(
        rig.prefix + "dead-letters",
        b"\xff\x00",
        b"k\x00",
        headers=[("dl_topic", b"payments"), ("dl_reason", b"bad_json"), ("x", b"\x00")],
    )
    rig.producer.produce(rig.prefix + "interactions", b"{", b"c-1")
    rig.row("customer_history", "c-9", {"customer_id": 9})
    # A score that no integer column holds: alone it is left out, with a line in the log.
    huge = {"decision_id": "d-9", "application_id": "a-9", "score": 2**40}
    rig.event("decisions", "c-1", "decision.made.v1", huge)
    rig.event("decisions", "c-1", "decision.made.v1", huge | {"decision_id": "d-2", "score": 2})
    rig.flush()
    (letter,) = await rig.rows("SELECT * FROM dead_letters", 1)
    assert (letter["key"], letter["value"]) == (b"k\x00", b"\xff\x00")
    assert (letter["from_topic"], letter["reason"]) == ("payments", "bad_json")
    assert letter["headers"] == {"x": "\ufffd"}
    (kept,) = await rig.rows("SELECT decision_id FROM decisions", 1)
    assert kept["decision_id"] == "d-2"


async def test_a_restart_goes_on_where_it_was(rig: Rig) -> None:
    rig.start()
    rig.row("customer_history", "c-1", _customer("c-1", 1))
    rig.flush()
    await rig.rows("SELECT 1 FROM customers", 1)
    await rig.stop()
    await rig.pool.execute("UPDATE customers SET name = 'touched'")
    rig.row("customer_history", "c-2", _customer("c-2", 1))
    rig.flush()
    rig.start()
    one, other = await rig.rows("SELECT * FROM customers ORDER BY customer_id", 2)
    assert (one["name"], other["name"]) == ("touched", "Jo Smit")
    await rig.rows("SELECT 1 FROM projection_offsets WHERE projected_until > $1", 2,
                   datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip


async def test_a_second_projector_ends_itself(rig: Rig) -> None:
    rig.start()
    rig.row("customer_history", "c-1", _customer("c-1", 1))
    rig.flush()
    await rig.rows("SELECT 1 FROM customers", 1)
    await rig.pool.execute("UPDATE projection_offsets SET next_offset = next_offset + 1")
    rig.row("customer_history", "c-1", _customer("c-1", 2))
    rig.flush()
    assert rig.running is not None
    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        await asyncio.wait_for(rig.running, 20)
    rig.running = None


async def test_a_backlog_of_thousands_arrives_whole(rig: Rig) -> None:
    count = 3_000
    for number in range(count):
        rig.row("customer_history", f"c-{number}", _customer(f"c-{number}", number + 1))
    rig.flush()
    rig.start()

    async def done() -> bool | None:
        found = await rig.pool.fetchval("SELECT count(*) FROM customers")
        return found == count or None

    await until(done)
