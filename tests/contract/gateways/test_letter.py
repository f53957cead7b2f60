"""Letters: printed once for a key, refused without an address, told of when they come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from connectors.gateways.letter import LetterGateway
from connectors.gateways.ports import (
    Absent,
    Accepted,
    Outgoing,
    Paper,
    Rejected,
    TryLater,
    Uncertain,
)
from connectors.letters.pdf import PAGES_MAX, Letter, Unprintable, render
from runtime.health import serving
from simulators import letter
from simulators.psp_webhooks import Webhooks
from tests.contract.gateways.conftest import Rig

SECRET = "whsec_ZGV2ZWxvcG1lbnQtb25seS1sZXR0ZXItc2VjcmV0IQ=="
PAPER = Paper(
    recipient=("Eva Łukaszewicz", "Dam 1", "1012JS Amsterdam", "NL"),
    sender=("Dunnock B.V.", "Postbus 1", "1000 AA Amsterdam"),
    brand="Dunnock",
    date="1 juni 2026",
    link="https://pay.example/" + "x" * 150,
)
MESSAGE = Outgoing(
    "n-1", "Dam 1 1012JS Amsterdam NL", "Dag Eva,\n\n& <b>dit</b> staat open.", "Brief", "nl", PAPER
)
#: A letter is drawn before it is sent: that takes its time, and none of the gateway's.
TIMEOUT_S = 2.0


@pytest.fixture
def told() -> asyncio.Queue[dict[str, Any]]:
    return asyncio.Queue()


@pytest.fixture
async def post(
    http: aiohttp.ClientSession, told: asyncio.Queue[dict[str, Any]]
) -> AsyncIterator[Rig]:
    async def hook(request: web.Request) -> web.Response:
        document = Webhook(SECRET).verify(await request.read(), dict(request.headers))
        await told.put(document)
        return web.Response(status=204)

    shop = web.Application()
    shop.add_routes([web.post("/hook", hook)])
    async with (
        Webhooks.open(SECRET) as webhooks,
        serving(shop, "127.0.0.1", 0) as shop_port,
        serving(letter.application(webhooks), "127.0.0.1", 0) as port,
    ):
        url = f"http://127.0.0.1:{port}"
        back = f"http://127.0.0.1:{shop_port}/hook"
        yield Rig(LetterGateway(http, url, timeout_s=TIMEOUT_S, webhook_url=back), url, http)


async def test_a_letter_is_printed_once_for_its_key(post: Rig) -> None:
    first = await post.send(MESSAGE)
    assert isinstance(first, Accepted)
    assert await post.send(MESSAGE) == first
    (entry,) = await post.received()
    assert (entry["message_id"], entry["pages"]) == ("n-1", 1)
    assert entry["to"].startswith("Eva Łukaszewicz Dam 1")
    assert entry["body"] == MESSAGE.body
    assert await post.gateway.ask("n-1") == first
    assert await post.gateway.ask("n-2") == Absent()


async def test_without_an_address_it_is_refused_before_anything_leaves(post: Rig) -> None:
    for paper in (None, replace(PAPER, recipient=("Eva Jansen",))):
        refused = await post.send(replace(MESSAGE, paper=paper))
        assert refused == Rejected("no_postal_address")
    assert post.marks == 0
    assert await post.received() == []


async def test_trouble_of_the_service_is_that_of_every_gateway(post: Rig) -> None:
    await post.faults(error_rate=1)
    assert isinstance(await post.send(MESSAGE), TryLater)
    await post.faults(garbage=True)
    assert isinstance(await post.send(MESSAGE), Uncertain)
    await post.faults()
    assert isinstance(await post.gateway.ask("n-1"), Accepted)


async def test_what_is_no_pdf_is_refused(post: Rig) -> None:
    document = {"reference": "n-1", "recipient": ["a", "b"], "file": "bm8="}
    headers = {"Idempotency-Key": "n-1"}
    async with post.http.post(f"{post.control}/letters", json=document, headers=headers) as answer:
        assert answer.status == 422


async def test_posting_and_return_are_told_by_signed_webhooks(
    post: Rig, told: asyncio.Queue[dict[str, Any]]
) -> None:
    await post.send(MESSAGE)
    posted = await asyncio.wait_for(told.get(), 5)
    assert (posted["type"], posted["data"]["reference"]) == ("letter.posted", "n-1")
    async with post.http.post(f"{post.control}/returns", json={"reference": "n-1"}) as answer:
        assert await answer.json() == {"returned": 1}
    returned = await asyncio.wait_for(told.get(), 5)
    assert returned["type"] == "letter.returned"
    assert returned["data"]["reason"] == "returned_to_sender"


def _letter(**changes: Any) -> Letter:
    given = Letter(
        recipient=PAPER.recipient,
        sender=PAPER.sender,
        brand=PAPER.brand,
        subject="Brief",
        body=MESSAGE.body,
        date=PAPER.date,
        reference="n-1",
        link=PAPER.link,
    )
    return replace(given, **changes)


def test_the_same_letter_is_the_same_bytes() -> None:
    assert render(_letter()) == render(_letter())
    assert render(_letter()) != render(_letter(body="Other words"))


def test_a_long_letter_runs_over_pages_and_an_endless_one_is_refused() -> None:
    assert render(_letter(body="Woorden. " * 800)).count(b"/Type /Page\n") > 1
    with pytest.raises(Unprintable, match="too_long"):
        render(_letter(body="Woorden. " * 800 * PAGES_MAX))
