"""Plays a story on the product's own rules and engine over a log in memory: no server, no wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agents.parts import PartsLogic
from agents.wiring import TABLES, parts
from domain.acceptance import CHECKS_ANSWERED, CheckAnswer, ChecksAnswered, ChecksRequested
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from domain.compliance.view import with_contact
from dunnock.embedded.problems import Problem
from dunnock.playing.driver import GatewayMode, Output, Publishing, in_time, output_of
from dunnock.playing.gateways import Gateways
from dunnock.playing.rules import document, in_force, starting_version
from runtime.settings import Settings
from streams.codec import headers_of, unwrap
from streams.core.cluster import MemoryCluster
from streams.core.records import Headers, Record
from streams.topics import CHECK_ANSWERS, CHECK_REQUESTS, OUT_TOPICS, POLICIES

#: Receipts make no messages without end: a channel that fails is not tried again.
_ROUNDS_MAX = 50
_SCORE = 700


class InProcess:
    """One fresh world. Its gateways say `delivered` at once, as the simulators' do."""

    def __init__(self, cluster: MemoryCluster, now: dt.datetime) -> None:
        self._cluster, self._now = cluster, now
        self._gateways = Gateways()
        self._read: dict[tuple[str, int], int] = {}
        self._seen: list[Output] = []
        self._versions: dict[str, int] = {}
        self._told: dict[str, bytes] = {}
        cluster.attach(CHECK_REQUESTS, self._ask_bureaus)

    @property
    def now(self) -> dt.datetime:
        return self._now

    async def publish(
        self, events: Sequence[Publishing], before_look: Sequence[Publishing] = ()
    ) -> None:
        late = list(before_look)

        def slip_in(_: int) -> None:
            while late:
                self._publish(late.pop(0))

        self._cluster.log.before_end_offsets = slip_in
        for event in events:
            self._publish(event)
        await self._settle()
        slip_in(0)
        self._cluster.log.before_end_offsets = lambda _: None
        await self._settle()

    async def rules(self, name: str, changes: dict[str, Any]) -> None:
        version = max(starting_version(name), self._versions.get(name, 0)) + 1
        self._versions[name] = version
        told = self._told[name] = document(name, changes, version)
        for partition in range(self._cluster.log.partitions):
            self._cluster.publish(POLICIES, name.encode(), told, partition=partition)
        await self._settle()

    async def advance(self, to: dt.datetime) -> None:
        await self._settle()
        while (due := self._cluster.next_due()) is not None and due <= to:
            self._now = max(self._now, due)
            self._cluster.tick(self._now)
            await self._settle()
        self._now = max(self._now, to)
        self._cluster.tick(self._now)
        await self._settle()

    async def outputs(self) -> list[Output]:
        seen, self._seen = self._seen, []
        return in_time(seen, self._now)

    async def row(self, customer_id: str) -> dict[str, Any] | None:
        row = self._cluster.row("customer_history", customer_id)
        if row is None:
            return None
        state = CustomerState.model_validate_json(row)
        view = customer_view(state, self._now)
        return with_contact(view, state, in_force(self._told), self._now)

    async def gateway(self, channel: str, mode: GatewayMode) -> None:
        self._gateways.behave(channel, mode)
        await self._settle()

    async def bank_file(self, content: bytes, invoices: Sequence[str]) -> dict[str, Any]:
        raise Problem("bank files are imported by a process of its own: play it on a stack.")

    async def sent(self, channel: str) -> list[str]:
        return self._gateways.taken(channel)

    def _publish(self, event: Publishing) -> None:
        self._cluster.publish(event.topic, event.key, event.value, event.headers)

    async def _settle(self) -> None:
        """Handle all there is, let messages leave, handle their receipts, until nothing comes."""
        for _ in range(_ROUNDS_MAX):
            await self._cluster.run_until_idle()
            for failure in self._cluster.failures.values():
                raise failure
            self._gateways.hear(self._collect())
            receipts = self._gateways.receipts(self._now)
            for receipt in receipts:
                self._publish(receipt)
            if not receipts:
                return
        raise RuntimeError(f"messages and receipts without end at {self._now}")

    def _collect(self) -> list[Output]:
        log, found = self._cluster.log, list[Output]()
        for topic in (spec.name for spec in OUT_TOPICS):
            for partition in range(log.partitions):
                place = (topic, partition)
                while (chunk := log.read(*place, self._read.get(place, 0))) is not None:
                    self._read[place] = chunk.next_offset
                    found.extend(output_of(topic, record) for record in chunk.records)
        self._seen.extend(found)
        return found

    def _ask_bureaus(
        self, record: Record
    ) -> Iterable[tuple[str, bytes | None, bytes | None, Headers]]:
        """Stands for the pool that asks bureaus: everybody is known to be middling good."""
        request = ChecksRequested.model_validate_json(unwrap(record)[1])
        answered = ChecksAnswered(
            request_id=request.request_id,
            application_id=request.application_id,
            key=request.key,
            revision=request.revision,
            answers=tuple(
                CheckAnswer(provider=provider, status="hit", score=_SCORE, latency_ms=5)
                for provider in request.providers
            ),
        )
        headers = headers_of(CHECKS_ANSWERED, f"answer-{request.request_id}", self._now)
        yield CHECK_ANSWERS, request.key.encode(), answered.model_dump_json().encode(), headers


@asynccontextmanager
async def in_process(
    starts: dt.datetime, *, last_topic_first: bool = False
) -> AsyncIterator[InProcess]:
    """A world whose clock stands at `starts`.

    `last_topic_first`: of what is published at once, the topics are read in the other order. On
    a stack any order may come, so a story that is only true in one is not true.
    """
    logic = PartsLogic(parts(Settings()))
    sources = logic.topics[::-1] if last_topic_first else logic.topics
    cluster = MemoryCluster(logic, sources=sources, tables=TABLES)
    world = InProcess(cluster, starts)
    await cluster.start(starts)
    try:
        yield world
    finally:
        await cluster.stop()
