"""The payment link: what is open, choosing, the provider, its webhook, the event."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from domain.events.ledger import PaymentReceived
from tests.contract.api.browser_like import csrf_of, get, nonce_of, post
from tests.contract.api.paying import notify
from tests.contract.api.rig import Rig
from tests.contract.api.samples import customer_row


@pytest.fixture
def link(rig: Rig) -> str:
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    return rig.link()


async def _choose(
    client: ClientSession, link: str, *fields: tuple[str, str]
) -> tuple[int, str, str]:
    _, page = await get(client, link)
    return await post(client, link, [*fields, ("csrf", csrf_of(page)), ("nonce", nonce_of(page))])


def _payments(rig: Rig) -> list[Any]:
    """What was published of money; that a payment has begun is told beside it."""
    return [one for one in rig.log.published if one[0] == "payments"]


async def test_the_page_shows_what_is_open_in_the_customers_language(
    rig: Rig, client: ClientSession, link: str
) -> None:
    status, page = await get(client, link)
    assert status == 200
    assert 'lang="nl"' in page
    assert "77,49" in page
    assert "inv-2026-05" in page


async def test_paying_all_leads_to_the_provider_and_becomes_an_event(
    rig: Rig, client: ClientSession, link: str
) -> None:
    status, _, location = await _choose(client, link, ("what", "all"))
    assert (status, location) == (303, "http://psp.test/checkout/pay_1")
    (order,) = rig.psp.orders
    assert order.amount == {"minor": 7749, "currency": "EUR"}
    assert await notify(client, order.reference, 7749) == 204
    assert await notify(client, order.reference, 7749) == 204  # the provider repeats
    first, again = _payments(rig)
    assert first == again
    topic, key, document, headers = first
    assert (topic, key, headers["ce_type"]) == ("payments", b"c-1", "payment.received.v1")
    payment = PaymentReceived.model_validate(document)
    assert (payment.method, payment.amount.minor, payment.allocations) == ("link", 7749, None)
    assert payment.payment_id == order.reference


async def test_chosen_items_are_what_the_payment_is_for(
    rig: Rig, client: ClientSession, link: str
) -> None:
    await _choose(client, link, ("what", "items"), ("invoice", "inv-device-7"))
    (order,) = rig.psp.orders
    await notify(client, order.reference, 2750)
    assert _payments(rig)[0][2]["allocations"] == [
        {"invoice_id": "inv-device-7", "amount": {"minor": 2750, "currency": "EUR"}}
    ]


@pytest.mark.parametrize(("typed", "minor"), [("25", 2500), ("12,5", 1250), ("77.49", 7749)])
async def test_a_part_may_be_paid(
    rig: Rig, client: ClientSession, link: str, typed: str, minor: int
) -> None:
    assert (await _choose(client, link, ("what", "amount"), ("amount", typed)))[0] == 303
    assert rig.psp.orders[0].amount["minor"] == minor


@pytest.mark.parametrize(
    ("fields", "minor"),
    [([], 7749), ([("amount", " ")], 7749), ([("amount", "25")], 2500),
     ([("invoice", "inv-device-7")], 2750)],
)  # fmt: skip
async def test_a_form_that_does_not_say_what_means_what_it_fills_in(
    rig: Rig, client: ClientSession, link: str, fields: list[tuple[str, str]], minor: int
) -> None:
    assert (await _choose(client, link, *fields))[0] == 303
    assert rig.psp.orders[0].amount["minor"] == minor


@pytest.mark.parametrize("typed", ["", "0", "-5", "77.50", "1e3", "12.345", "abc"])
async def test_a_slip_is_said_and_nothing_is_ordered(
    rig: Rig, client: ClientSession, link: str, typed: str
) -> None:
    status, page, _ = await _choose(client, link, ("what", "amount"), ("amount", typed))
    assert status == 422
    assert 'role="alert"' in page
    assert not rig.psp.orders


async def test_the_same_form_twice_is_one_payment(
    rig: Rig, client: ClientSession, link: str
) -> None:
    _, page = await get(client, link)
    fields = [("what", "all"), ("csrf", csrf_of(page)), ("nonce", nonce_of(page))]
    await post(client, link, fields)
    await post(client, link, fields)
    assert len({order.idempotency_key for order in rig.psp.orders}) == 1


async def test_that_a_payment_began_is_told_once_and_before_it_is_made(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """So that no debit is tried beside it; the same form again is the same event."""
    _, page = await get(client, link)
    fields = [("what", "items"), ("invoice", "inv-device-7")]
    hidden = [("csrf", csrf_of(page)), ("nonce", nonce_of(page))]
    await post(client, link, [*fields, *hidden])
    await post(client, link, [*fields, *hidden])
    first, again = rig.log.published
    assert first == again
    topic, key, document, headers = first
    assert (topic, key, headers["ce_type"]) == ("interactions", b"c-1", "link-payment.started.v1")
    assert document["payment_id"] == rig.psp.orders[0].reference
    assert document["invoice_ids"] == ["inv-device-7"]
    rig.log.away = True  # they may pay all the same
    assert (await post(client, link, [("what", "all"), *hidden]))[0] == 303
    assert len(rig.psp.orders) == 3


async def test_nothing_owed_says_so(rig: Rig, client: ClientSession) -> None:
    status, page = await get(client, rig.link("somebody-else"))
    assert status == 200
    assert "You owe nothing" in page


async def test_closed_links_say_why(rig: Rig, client: ClientSession, link: str) -> None:
    assert (await get(client, rig.link(days=-1)))[0] == 410
    for forged in (link[:-4], link[:10] + "A" + link[11:], "/pay/x", "/pay/" + "A" * 3000):
        status, page = await get(client, forged)
        assert status == 404, forged
        assert "This link does not work" in page


async def test_a_forged_webhook_changes_nothing(rig: Rig, client: ClientSession, link: str) -> None:
    await _choose(client, link, ("what", "all"))
    other = "whsec_YW5vdGhlci1zZWNyZXQ="
    assert await notify(client, rig.psp.orders[0].reference, 7749, other) == 401
    assert await notify(client, "pl_unknown", 7749) == 404
    assert not _payments(rig)


async def test_the_webhook_is_not_taken_before_the_log_has_the_payment(
    rig: Rig, client: ClientSession, link: str
) -> None:
    await _choose(client, link, ("what", "all"))
    rig.log.away = True
    assert await notify(client, rig.psp.orders[0].reference, 7749) == 503
    rig.log.away = False
    assert await notify(client, rig.psp.orders[0].reference, 7749) == 204


async def test_a_provider_that_is_away_charges_nothing(
    rig: Rig, client: ClientSession, link: str
) -> None:
    rig.psp.away = True
    status, page, _ = await _choose(client, link, ("what", "all"))
    assert status == 503
    assert 'role="alert"' in page


async def test_after_the_provider_the_page_says_what_is_known(
    rig: Rig, client: ClientSession, link: str
) -> None:
    await _choose(client, link, ("what", "all"))
    order = rig.psp.orders[0]
    back = order.return_url.removeprefix(rig.settings.public_url)
    assert "nog niets" in (await get(client, back))[1]
    await notify(client, order.reference, 7749)
    assert "ontvangen" in (await get(client, back))[1]


def test_documents_hold_no_personal_data() -> None:
    """What goes to the provider is a reference, not a customer id or a name."""
    from api.pay.orders import Chosen, reference_of
    from domain.money import PositiveMoney

    chosen: Any = Chosen("c-1-anna", PositiveMoney(minor=1, currency="EUR"), None)
    assert "anna" not in reference_of(chosen, "nonce")
