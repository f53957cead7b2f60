"""The payment provider: one payment for a key, paid once, told by a signed webhook until taken."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from runtime.health import serving
from simulators import psp
from simulators.psp_webhooks import Webhooks

SECRET = "whsec_ZGV2ZWxvcG1lbnQtb25seS13ZWJob29rLXNlY3JldA=="


async def test_a_payment_is_made_paid_and_told(http: aiohttp.ClientSession) -> None:
    told: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    ids: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        ids.append(request.headers["webhook-id"])
        body = await request.read()
        document = Webhook(SECRET).verify(body, dict(request.headers))
        if len(ids) == 1:
            return web.Response(status=503)
        await told.put(document)
        return web.Response(status=204)

    shop = web.Application()
    shop.add_routes([web.post("/hook", hook)])
    async with (
        Webhooks.open(SECRET) as webhooks,
        serving(shop, "127.0.0.1", 0) as shop_port,
        serving(psp.application(webhooks), "127.0.0.1", 0) as port,
    ):
        base = f"http://127.0.0.1:{port}"
        order = {
            "amount": {"minor": 4999, "currency": "EUR"},
            "description": "Invoice <1>",
            "return_url": f"http://127.0.0.1:{shop_port}/thanks",
            "webhook_url": f"http://127.0.0.1:{shop_port}/hook",
            "reference": "r-1",
            "idempotency_key": "k-1",
        }
        async with http.post(f"{base}/payments", json=order) as answer:
            assert answer.status == 201
            made = await answer.json()
        async with http.post(f"{base}/payments", json=order) as answer:
            assert (answer.status, await answer.json()) == (200, made)
        async with http.get(made["checkout_url"]) as page:
            text = await page.text()
        assert "€49.99" in text
        assert "Invoice &lt;1&gt;" in text
        for _ in range(2):
            async with http.post(made["checkout_url"], allow_redirects=False) as answer:
                assert answer.status == 303
        document = await asyncio.wait_for(told.get(), 5)
        async with http.get(f"{base}/received") as answer:
            assert [entry["reference"] for entry in await answer.json()] == ["r-1"]
    assert document["type"] == "payment.paid"
    assert document["data"]["status"] == "paid"  # type: ignore[index]
    assert ids == [ids[0]] * 2
