"""Records by the contract, written by hand: the load must not borrow the product's own models."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

SOURCE = "erp.simulated"


@dataclass(frozen=True)
class Fact:
    """One record that is published."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    def keyed(self, key: str) -> Fact:
        """The same under another key."""
        return replace(self, key=key)

    @property
    def what(self) -> str:
        """Its type and what it is about, for a story."""
        kind = dict(self.headers).get("ce_type", b"structured or broken").decode(errors="replace")
        return f"{kind} of {self.key}: {self.value[:160].decode(errors='replace')}"


class Told(NamedTuple):
    """A fact and its hour, counted from the beginning of the plan."""

    hour: float
    fact: Fact


def told(
    topic: str,
    kind: str,
    data: dict[str, Any],
    ce_id: str,
    at: dt.datetime,
    *,
    structured: bool = False,
) -> Fact:
    """One CloudEvent, binary or structured, keyed by its customer."""
    attributes = {
        "specversion": "1.0",
        "id": ce_id,
        "type": kind,
        "source": SOURCE,
        "time": at.isoformat(),
    }
    key = str(data.get("customer_id", ""))
    if structured:
        value = json.dumps(attributes | {"data": data}).encode()
        return Fact(topic, key, value, (("content-type", b"application/cloudevents+json"),))
    headers = tuple((f"ce_{name}", text.encode()) for name, text in attributes.items())
    headers += (("content-type", b"application/json"),)
    return Fact(topic, key, json.dumps(data).encode(), headers)


def described(who: str, zone: str, language: str, **more: Any) -> dict[str, Any]:
    """Data of a `customer.updated.v1` who can be reached everywhere."""
    return {
        "customer_id": who,
        "name": {"given": "Robin", "family": "Testcase"},
        "birth_date": "1988-02-29",
        "language": language,
        "country": "NL",
        "timezone": zone,
        "contact": {
            "mobile": "+31600000000",
            "email": f"{who}@customers.example",
            "push_token": f"token-{who}",
        },
        "customer_since": "2021-03-01",
    } | more
