"""A link for one payment, and a new one in place of a link that opens no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import ClientSession

from domain.collections.links import LinkClaims, sign
from tests.contract.api.browser_like import csrf_of, get, nonce_of, post
from tests.contract.api.paying import notify
from tests.contract.api.rig import NOW, SECRET, Rig
from tests.contract.api.samples import customer_row


@pytest.fixture
def link(rig: Rig) -> str:
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    claims = LinkClaims(
        customer_id="c-1",
        currency="EUR",
        message_id="m-once",
        expires_at=NOW + timedelta(days=30),
        single_use=True,
    )
    return f"/pay/{sign(SECRET, claims)}"


async def test_it_opens_until_its_payment_has_arrived(
    rig: Rig, client: ClientSession, link: str
) -> None:
    _, page = await get(client, link)
    fields = [("what", "all"), ("csrf", csrf_of(page)), ("nonce", nonce_of(page))]
    assert (await post(client, link, fields))[0] == 303
    assert (await get(client, link))[0] == 200  # begun is not paid
    (order,) = rig.psp.orders
    assert await notify(client, order.reference, 7749) == 204
    status, page = await get(client, link)
    assert status == 410
    assert f"{link}/renew" in page
    assert (await get(client, f"{link}/back?order={order.reference}"))[0] == 200


async def test_a_new_link_is_asked_for_once_and_never_shown(
    rig: Rig, client: ClientSession
) -> None:
    old = rig.link(days=-1)
    status, page = await get(client, old)
    assert status == 410
    for _ in range(2):
        status, page, _ = await post(client, f"{old}/renew", [("csrf", csrf_of(page))])
        assert status == 200
        assert "/pay/" not in page.replace(old, "")
        _, page = await get(client, old)
    events = [one for one in rig.log.published if one[0] == "interactions"]
    assert {one[3]["ce_type"] for one in events} == {"link.requested.v1"}
    assert len({one[3]["ce_id"] for one in events}) == 1
    assert events[0][2]["message_id"] == "m-1"


async def test_a_forged_link_asks_for_nothing(rig: Rig, client: ClientSession) -> None:
    _, page = await get(client, rig.link(days=-1))
    status, _, _ = await post(client, "/pay/forged/renew", [("csrf", csrf_of(page))])
    assert status == 404
    assert rig.log.published == []
