"""What a story is played on: the rules in this process, or a running stack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson

from streams.codec import headers_of
from streams.core.records import Headers, Record

#: Who publishes what a story tells.
SOURCE = "story"
#: What a channel's gateway does: takes messages, is away, refuses them, or takes and never says.
GatewayMode = Literal["works", "away", "refuses", "silent"]


@dataclass(frozen=True, slots=True)
class Publishing:
    """A record to publish, as the installation will see it."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Output:
    """A record that came out. `at` by its own envelope, None where it has none of ours."""

    topic: str
    ce_type: str
    key: str
    at: dt.datetime | None
    data: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Driver(Protocol):
    """Everything is awaited, and done when it returns: a story never waits and hopes."""

    @property
    def now(self) -> dt.datetime:
        """What time it is there."""

    async def publish(
        self, events: Sequence[Publishing], before_look: Sequence[Publishing] = ()
    ) -> None:
        """Publish `events` at once and let everything that follows happen; no time passes.

        `before_look` is on the log before the next reminder's last look, as late as can be.
        """

    async def rules(self, name: str, changes: dict[str, Any]) -> None:
        """Put a rule set live: the starting one with these changes. Raises Problem."""

    async def advance(self, to: dt.datetime) -> None:
        """Let time pass, visiting each instant at which something is due."""

    async def outputs(self) -> list[Output]:
        """What came out since the last call, in the order of time."""

    async def row(self, customer_id: str) -> dict[str, Any] | None:
        """The customer as `GET /api/v1/customers/{id}` shows them; None for a stranger."""

    async def gateway(self, channel: str, mode: GatewayMode) -> None:
        """From now on the channel's gateway behaves like this."""

    async def bank_file(self, content: bytes, invoices: Sequence[str]) -> dict[str, Any]:
        """Hand in a file of the bank that names these invoices; what became of it."""

    async def sent(self, channel: str) -> list[str]:
        """The ids of the messages that the gateway has taken, in order."""


def publishing(
    topic: str, key: str, ce_type: str, ce_id: str, at: dt.datetime, value: bytes
) -> Publishing:
    """A record with the headers of a binary CloudEvent of the story's."""
    headers = headers_of(ce_type, ce_id, at, SOURCE)
    return Publishing(topic, key.encode(), value, headers)


def output_of(topic: str, record: Record) -> Output:
    """What a record of an output topic says. A dead letter's data is what it was refused for."""
    texts = {name: value.decode(errors="replace") for name, value in record.headers}
    if topic == "dead-letters":
        said = {k.removeprefix("dl_"): v for k, v in texts.items() if k.startswith("dl_")}
        said["ce_type"] = texts.get("ce_type", "")
        return Output(topic, "", (record.key or b"").decode(errors="replace"), None, said, texts)
    at = dt.datetime.fromisoformat(texts["ce_time"])
    data = orjson.loads(record.value or b"{}")
    return Output(topic, texts["ce_type"], (record.key or b"").decode(), at, data, texts)


def in_time(found: list[Output], present: dt.datetime) -> list[Output]:
    """By their time; what has none is of the present."""
    return sorted(found, key=lambda one: one.at or present)
