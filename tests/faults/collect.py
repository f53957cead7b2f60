"""Collects what a run left behind: from the log, the gateways, the API and the claims."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import asyncpg
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tests.faults.checker.evidence import (
    GATEWAYS,
    IN_TOPICS,
    OUT_TOPICS,
    Entry,
    Evidence,
    Received,
)
from tests.faults.checker.intake import sort_inputs
from tests.faults.checker.people import gather

READ_S_MAX = 60.0
ROWS_AT_ONCE = 16


def read_topics(
    bootstrap: str, topics: Iterable[str], acked_at: Mapping[tuple[str, int, int], float]
) -> list[Entry]:
    """Every committed record of the topics, from their beginning to their present end."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "fault-checker",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        metadata = consumer.list_topics(timeout=READ_S_MAX).topics
        places = [
            TopicPartition(topic, partition, 0)
            for topic in topics
            if topic in metadata
            for partition in metadata[topic].partitions
        ]
        consumer.assign(places)
        return _read_to_end(consumer, {(p.topic, p.partition) for p in places}, acked_at)
    finally:
        consumer.close()


def _read_to_end(
    consumer: Consumer,
    unfinished: set[tuple[str, int]],
    acked_at: Mapping[tuple[str, int, int], float],
) -> list[Entry]:
    entries: list[Entry] = []
    until = time.monotonic() + READ_S_MAX
    while unfinished:
        messages = consumer.consume(2000, timeout=0.2)
        if messages:
            until = time.monotonic() + READ_S_MAX
        elif time.monotonic() > until:
            raise TimeoutError(f"the log does not end: {sorted(unfinished)}")
        for message in messages:
            error = message.error()
            if error is None:
                entries.append(_entry(message, acked_at))
            elif error.code() == KafkaError._PARTITION_EOF:
                unfinished.discard((message.topic(), message.partition()))
            else:
                raise KafkaException(error)
    return entries


def _entry(message: Any, acked_at: Mapping[tuple[str, int, int], float]) -> Entry:
    place = message.topic(), message.partition(), message.offset()
    return Entry(
        *place,
        message.key(),
        message.value(),
        tuple((name, value or b"") for name, value in message.headers() or ()),
        message.timestamp()[1],
        acked_at.get(place),
    )


async def collect(
    info: Mapping[str, Any], acked_at: Mapping[tuple[str, int, int], float]
) -> Evidence:
    """Everything the judge needs of a stack described by its JSON object."""
    kafka = info["kafka"]
    inputs = await asyncio.to_thread(read_topics, kafka, IN_TOPICS, acked_at)
    outputs = await asyncio.to_thread(read_topics, kafka, OUT_TOPICS, {})
    dead = await asyncio.to_thread(read_topics, kafka, ["dead-letters"], {})
    evidence = Evidence(inputs=inputs, outputs=outputs, dead_letters=dead)
    evidence.unknown = await _unknown(info["postgres"])
    async with aiohttp.ClientSession() as session:
        evidence.received = await received(session, info)
        await _rows(session, info, evidence)
    return evidence


async def received(session: aiohttp.ClientSession, info: Mapping[str, Any]) -> list[Received]:
    """What each gateway says it accepted."""
    found: list[Received] = []
    for channel in GATEWAYS:
        async with session.get(f"{info['simulators'][channel]}/received") as response:
            response.raise_for_status()
            entries = await response.json()
        found += [
            Received(channel, *(str(one[name]) for name in ("message_id", "to", "received_at")))
            for one in entries
        ]
    return found


async def _unknown(dsn: str) -> set[str]:
    """Messages shown as `unknown`: handed to someone who can neither confirm nor deduplicate."""
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetch("SELECT message_id FROM dispatches WHERE state = 'unknown'")
        return {row["message_id"] for row in found}
    finally:
        await connection.close()


async def _rows(
    session: aiohttp.ClientSession, info: Mapping[str, Any], evidence: Evidence
) -> None:
    intake = sort_inputs(evidence.inputs)
    people = [person.id for person in gather(intake.events).values() if person.facts()]
    applications = {
        event.data["application_id"]
        for event in intake.events
        if event.entry.topic == "applications"
    }
    gate = asyncio.Semaphore(ROWS_AT_ONCE)
    headers = {"Authorization": f"Bearer {info['api_key']}"}

    async def fetch(kind: str, name: str) -> Any:
        url = f"{info['web']}/api/v1/{kind}/{quote(name, safe='')}"
        async with gate, session.get(url, headers=headers) as response:
            if response.status == 404:
                return None
            response.raise_for_status()
            return await response.json()

    for kind, names, rows in (
        ("customers", people, evidence.customers),
        ("fee-status", people, evidence.fee_status),
        ("applications", sorted(applications), evidence.applications),
    ):
        found = await asyncio.gather(*(fetch(kind, name) for name in names))
        rows.update(zip(names, found, strict=True))
