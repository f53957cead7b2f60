"""The whole product logic on the in-memory log: publish by the contract, advance, read outputs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import orjson

from agents.parts import PartsLogic
from agents.wiring import TABLES, parts
from domain.acceptance import CHECKS_ANSWERED, CheckAnswer, ChecksAnswered, ChecksRequested
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from runtime.settings import Settings
from streams.codec import headers_of, unwrap
from streams.core.cluster import MemoryCluster
from streams.core.records import Record

START = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
MESSAGES = ("messages.sms", "messages.push", "messages.email", "messages.letter")


@dataclass
class Hall:
    """One running town hall. `score` is what every bureau says; None: no hit."""

    cluster: MemoryCluster
    now: dt.datetime = START
    score: int | None = 700
    _serial: int = field(default=0)

    def publish(
        self, topic: str, ce_type: str, data: dict[str, Any], *, key: str | None = None, **ce: Any
    ) -> str:
        """Publish as the ERP does; gives the ce_id."""
        self._serial += 1
        ce_id = ce.get("ce_id") or f"e-{self._serial}"
        at = ce.get("at", self.now)
        self.cluster.publish(
            topic,
            (key or data["customer_id"]).encode(),
            orjson.dumps(data),
            headers_of(ce_type, ce_id, at, "erp"),
        )
        return str(ce_id)

    async def advance(self, **delta: float) -> None:
        """Let time pass, visiting each due instant."""
        self.now += dt.timedelta(**delta)
        await self.cluster.advance(self.now)
        assert self.cluster.failures == {}

    async def settle(self) -> None:
        """Handle everything published so far; no time passes."""
        await self.cluster.run_until_idle()
        assert self.cluster.failures == {}

    def outputs(self, *topics: str, ce_type: str | None = None) -> list[dict[str, Any]]:
        """Data of the events on output topics."""
        return [
            orjson.loads(record.value or b"null")
            for topic in topics
            for record in self.cluster.records(topic)
            if ce_type in (None, dict(record.headers)["ce_type"].decode())
        ]

    def messages(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Messages asked for, oldest first."""
        found = self.outputs(*MESSAGES, ce_type="message.requested.v1")
        return sorted(
            (m for m in found if kind in (None, m["kind"])), key=lambda m: m["requested_at"]
        )

    def dead_letters(self) -> list[str]:
        """Reasons of the dead letters."""
        return [
            dict(record.headers)["dl_reason"].decode()
            for record in self.cluster.records("dead-letters")
        ]

    def customer(self, customer_id: str) -> dict[str, Any]:
        """The live row as the API shows it."""
        row = self.cluster.row("customer_history", customer_id)
        assert row is not None, f"no row of {customer_id}"
        return customer_view(CustomerState.model_validate_json(row), self.now)

    def ask_bureaus(self, record: Record) -> list[tuple[str, bytes, bytes, Any]]:
        """Stands for the pool that asks bureaus."""
        request = ChecksRequested.model_validate_json(unwrap(record)[1])
        status = "no_hit" if self.score is None else "hit"
        answers = tuple(
            CheckAnswer(provider=provider, status=status, score=self.score, latency_ms=5)
            for provider in request.providers
        )
        answered = ChecksAnswered(
            request_id=request.request_id,
            application_id=request.application_id,
            key=request.key,
            revision=request.revision,
            answers=answers,
        )
        headers = headers_of(CHECKS_ANSWERED, f"answer-{request.request_id}", self.now)
        body = answered.model_dump_json().encode()
        return [("internal.check-answers", request.key.encode(), body, headers)]


async def open_hall() -> Hall:
    """A fresh town hall at nine in the morning UTC of 1 June 2026."""
    logic = PartsLogic(parts(Settings()))
    cluster = MemoryCluster(logic, sources=logic.topics, tables=TABLES)
    hall = Hall(cluster)
    cluster.attach("internal.check-requests", hall.ask_bureaus)
    await cluster.start(START)
    return hall


def customer(customer_id: str = "anna", **changes: Any) -> dict[str, Any]:
    """A Dutch customer with a mobile and an e-mail address."""
    return {
        "customer_id": customer_id,
        "name": {"given": "Anna", "family": "Jansen"},
        "birth_date": "1990-04-01",
        "language": "nl",
        "country": "NL",
        "timezone": "Europe/Amsterdam",
        "contact": {"mobile": "+31600000001", "email": "anna@example.org"},
        "customer_since": "2020-01-01",
    } | changes


def invoice(customer_id: str = "anna", invoice_id: str = "inv-1", **changes: Any) -> dict[str, Any]:
    """An invoice of 49.99 collected by direct debit."""
    return {
        "invoice_id": invoice_id,
        "customer_id": customer_id,
        "amount": {"minor": 4999, "currency": "EUR"},
        "issued_on": "2026-05-01",
        "due_on": "2026-05-15",
        "kind": "subscription",
        "payment_method": "direct_debit",
    } | changes


def failed(customer_id: str = "anna", invoice_id: str = "inv-1", **changes: Any) -> dict[str, Any]:
    """Its direct debit fails for insufficient funds."""
    return {
        "collection_id": f"col-{invoice_id}",
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "amount": {"minor": 4999, "currency": "EUR"},
        "reason_code": "AM04",
        "failed_at": "2026-06-01T06:00:00Z",
        "debtor_country": "NL",
        "attempt": 1,
    } | changes


def payment(customer_id: str = "anna", payment_id: str = "pay-1", **changes: Any) -> dict[str, Any]:
    """Paid in full by link."""
    return {
        "payment_id": payment_id,
        "customer_id": customer_id,
        "amount": {"minor": 4999, "currency": "EUR"},
        "received_at": "2026-06-01T09:00:00Z",
        "method": "link",
    } | changes


def application(application_id: str = "app-1", **changes: Any) -> dict[str, Any]:
    """A complete application for a SIM-only plan."""
    return {
        "application_id": application_id,
        "applicant": {
            "name": {"given": "Ben", "family": "de Vries"},
            "birth_date": "1985-02-03",
            "email": "ben@example.org",
            "address": {
                "street": "Kade",
                "number": "1",
                "postal_code": "1011AB",
                "city": "Amsterdam",
                "country": "NL",
            },
        },
        "channel": "web",
        "product": {"code": "sim-10", "kind": "sim_only"},
        "submitted_at": "2026-06-01T08:59:00Z",
    } | changes
