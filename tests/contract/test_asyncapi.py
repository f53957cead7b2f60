"""The document about the topics against what the product really writes to them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import orjson
import pytest

from api.machine.asyncapi import OUTPUTS, asyncapi
from connectors.postgres.dispatch_rows import Dispatch
from dunnock.dispatching.receipts import receipt
from streams.core.records import Headers
from tests.simulation.town_hall import (
    Hall,
    application,
    customer,
    failed,
    invoice,
    open_hall,
    payment,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
DEAD_LETTERS = "dead-letters"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What is not described is not allowed, anywhere: so nothing undocumented passes."""
    made = copy.deepcopy(asyncapi("127.0.0.1:9092", "eu."))
    _close(made["components"]["schemas"])
    return made


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)


def _is_described(
    document: dict[str, Any], topic: str, headers: Headers, value: bytes | None
) -> str:
    """Raises what jsonschema does; gives the name of the message."""
    texts = {name: text.decode() for name, text in headers}
    name = "dead-letter" if topic == DEAD_LETTERS else texts["ce_type"]
    sent = document["operations"][f"send-{topic}"]["messages"]
    assert {"$ref": f"#/channels/{topic}/messages/{name}"} in sent
    message = document["components"]["messages"][name]
    jsonschema.validate(texts, message["headers"])
    ours = {one for one in texts if topic != DEAD_LETTERS or one.startswith("dl_")}
    assert ours <= set(message["headers"]["properties"])
    if "payload" in message:
        schema = {**message["payload"], "components": document["components"]}
        jsonschema.validate(orjson.loads(value or b""), schema)
    return str(name)


async def _busy_hall() -> Hall:
    """A reminder, a thank-you, a withdrawn message, decisions of three kinds, dead letters."""
    hall = await open_hall()
    hall.publish("customers", "customer.updated.v1", customer())
    hall.publish("invoices", "invoice.issued.v1", invoice())
    hall.publish("failed-direct-debits", "direct-debit.failed.v1", failed())
    whole = application("app-1", customer_id="anna")
    partial = application("app-2", customer_id="anna", applicant={"email": "anna@example.org"})
    for one in (whole, partial):
        hall.publish("applications", "application.submitted.v1", one)
    await hall.settle()
    hall.score = 100
    refused = application("app-3", customer_id="anna")
    hall.publish("applications", "application.submitted.v1", refused)
    await hall.advance(days=15)
    hall.publish("payments", "payment.received.v1", payment())
    hall.cluster.publish("payments", b"anna", b"poison")
    hall.cluster.publish("payments", b"anna", b"x" * 8_000_000)
    await hall.settle()
    return hall


async def test_all_that_is_published_is_described(document: dict[str, Any]) -> None:
    hall = await _busy_hall()
    found = {
        (topic, _is_described(document, topic, record.headers, record.value))
        for topic in (*OUTPUTS, DEAD_LETTERS)
        for record in hall.cluster.records(topic)
    }
    assert found >= {
        ("decisions", "decision.made.v1"),
        ("messages.sms", "message.requested.v1"),
        ("fee-status", "fee-status.changed.v1"),
        ("cases", "case.changed.v1"),
        (DEAD_LETTERS, "dead-letter"),
    }
    outcomes = {decision["outcome"] for decision in hall.outputs("decisions")}
    assert outcomes >= {"rework", "reject"}
    cut = [dict(letter.headers).get("dl_cut") for letter in hall.cluster.records(DEAD_LETTERS)]
    assert cut[0] is None
    assert int(cut[1] or b"") > 8_000_000


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "expired"])
def test_receipts_are_described(document: dict[str, Any], state: Any) -> None:
    output = receipt(_dispatch(state))
    assert output is not None
    _is_described(document, "interactions", output.headers, output.value)


def test_channels_have_the_prefixed_address(document: dict[str, Any]) -> None:
    assert document["channels"][DEAD_LETTERS]["address"] == "eu.dead-letters"


def _dispatch(state: Any) -> Dispatch:
    return Dispatch(
        message_id="m-1",
        channel="sms",
        customer_id="anna",
        state=state,
        reason=None if state == "sent" else "refused",
        not_after=NOW + timedelta(hours=1),
        attempts=1,
        handed_over=True,
        overdue=False,
        finished_at=NOW,
        receipted=False,
    )
