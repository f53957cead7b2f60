"""Events by the contract, written by hand: the load must not borrow the product's own models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

SOURCE = "erp.faults"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to publish, `after_ms` after its predecessor of the same story."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    after_ms: int = 0
    label: str = field(default="", compare=False)
    #: How far the clock of its producer is ahead: it stamps the record, too.
    ahead_s: float = 0.0


_ahead = [timedelta()]


def now() -> datetime:
    """The time that goes into the data."""
    return datetime.now(UTC) + _ahead[-1]


@contextmanager
def clock_ahead(skew: timedelta) -> Iterator[None]:
    """Inside the block the producer's clock is wrong by so much."""
    _ahead.append(skew)
    try:
        yield
    finally:
        _ahead.pop()


def rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def money(minor: int, currency: str = "EUR") -> dict[str, Any]:
    return {"minor": minor, "currency": currency}


def event(
    topic: str,
    kind: str,
    data: dict[str, Any],
    *,
    ce_id: str,
    key: str | None = None,
    after_ms: int = 0,
    structured: bool = False,
) -> Outgoing:
    """One CloudEvent, binary or structured, keyed by its customer."""
    attributes = {
        "specversion": "1.0",
        "id": ce_id,
        "type": kind,
        "source": SOURCE,
        "time": rfc3339(now()),
    }
    if structured:
        headers = {"content-type": "application/cloudevents+json"}
        value = json.dumps(attributes | {"data": data}).encode()
    else:
        headers = {f"ce_{name}": text for name, text in attributes.items()}
        headers["content-type"] = "application/json"
        value = json.dumps(data).encode()
    return Outgoing(
        topic,
        key if key is not None else str(data["customer_id"]),
        value,
        tuple((name, text.encode()) for name, text in headers.items()),
        after_ms,
        ce_id,
    )


def customer(customer_id: str, zone: str, language: str = "en", **more: Any) -> dict[str, Any]:
    """Data of a `customer.updated.v1` who can be reached everywhere."""
    return {
        "customer_id": customer_id,
        "name": {"given": "Robin", "family": "Testcase"},
        "birth_date": "1988-02-29",
        "language": language,
        "country": "NL",
        "timezone": zone,
        "contact": {
            "mobile": "+31600000000",
            "email": f"{customer_id}@customers.example",
            "push_token": f"token-{customer_id}",
        },
        "preferences": {"channels": ["sms", "push", "email"]},
        "customer_since": "2021-03-01",
    } | more


def invoice(
    customer_id: str, name: str, minor: int, due_days: int, method: str = "direct_debit"
) -> dict[str, Any]:
    """Data of an `invoice.issued.v1`, due `due_days` from today (negative: in the past)."""
    due = date.today() + timedelta(days=due_days)  # noqa: DTZ011 - a date in the data, no clock
    return {
        "invoice_id": name,
        "customer_id": customer_id,
        "amount": money(minor),
        "issued_on": (due - timedelta(days=14)).isoformat(),
        "due_on": due.isoformat(),
        "kind": "subscription",
        "payment_method": method,
    }


def payment(
    customer_id: str, name: str, minor: int, method: str = "link", **more: Any
) -> dict[str, Any]:
    """Data of a `payment.received.v1`."""
    return {
        "payment_id": name,
        "customer_id": customer_id,
        "amount": money(minor),
        "received_at": rfc3339(now()),
        "method": method,
    } | more


def failed_debit(
    customer_id: str, invoice_id: str, minor: int, code: str = "AM04", attempt: int = 1
) -> dict[str, Any]:
    """Data of a `direct-debit.failed.v1`."""
    return {
        "collection_id": f"E2E-{invoice_id}",
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "amount": money(minor),
        "reason_code": code,
        "failed_at": rfc3339(now()),
        "debtor_country": "NL",
        "attempt": attempt,
    }
