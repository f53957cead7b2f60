"""Behind the payment link: a plan, a promise, a pause, a dispute, own reminder rules."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from api.pay.choice import open_in
from domain.events import INPUTS
from tests.contract.api.browser_like import csrf_of, get, nonce_of, post
from tests.contract.api.paying import notify
from tests.contract.api.rig import Rig
from tests.contract.api.samples import agreed_row, customer_row

_PLAN = [("count", "3"), ("every", "month"), ("income", "2000")]


@pytest.fixture
def link(rig: Rig) -> str:
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    return rig.link()


async def _fill(client: ClientSession, path: str, *fields: tuple[str, str]) -> tuple[int, str, str]:
    """Open the form, fill it in, send it."""
    _, page = await get(client, path)
    hidden = [("csrf", csrf_of(page)), ("nonce", nonce_of(page))]
    return await post(client, path, [*hidden, *fields])


def _told(rig: Rig) -> list[tuple[str, dict[str, Any]]]:
    """What was published on `interactions`, each one sound for the workers."""
    found = []
    for topic, key, document, headers in rig.log.published:
        if topic == "interactions":
            INPUTS[topic][headers["ce_type"]].model_validate(document)
            assert key == b"c-1"
            assert headers["ce_source"] == "dunnock/pay"
            found.append((headers["ce_type"], document))
    return found


async def test_the_page_leads_to_every_way_out(client: ClientSession, link: str) -> None:
    """Each of them opens, in the customer's language, and leads to the others."""
    _, page = await get(client, link)
    for way in ("plan", "promise", "hardship", "dispute", "preferences"):
        assert f"{link}/{way}" in page
        status, form = await get(client, f"{link}/{way}")
        assert status == 200, way
        assert '<html lang="nl">' in form
        assert f'href="{link}"' in form


def test_an_item_says_that_it_is_being_collected() -> None:
    """So that nobody pays beside a debit that is on its way."""
    money = {"minor": 100, "currency": "EUR"}
    item = {"invoice_id": "i", "open": money, "state": "failed", "due_on": "2026-05-01"}
    collected = {"collect_on": "2026-06-09", "amount": money}
    (found,) = open_in({"open": [item | {"being_collected": collected}]}, "EUR")
    assert found.collect_on == "2026-06-09"


async def test_what_runs_is_shown_on_every_page(rig: Rig, client: ClientSession) -> None:
    """The plan with what is left of each instalment, the promise, what is disputed."""
    rig.rows.rows["customer_history", "c-1"] = agreed_row()
    for way in ("", "/plan", "/promise", "/done?what=promise"):
        _, page = await get(client, rig.link() + way)
        for shown in ("25,00", "24,99", "27,50", "inv-device-7"):
            assert shown in page, (way, shown)
    assert 'name="count"' not in (await get(client, rig.link() + "/plan"))[1]
    dispute = (await get(client, rig.link() + "/dispute"))[1]
    assert 'value="inv-device-7"' not in dispute


async def test_a_plan_is_agreed_when_its_first_instalment_is_paid(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """Shown, agreed to, paid: only then is it an event, with the payment before it."""
    status, page, _ = await _fill(client, f"{link}/plan", *_PLAN)
    assert status == 200
    assert page.count("25,83") == 4, "2,583 cents each, named once more as what is paid now"
    hidden = [("csrf", csrf_of(page)), ("nonce", nonce_of(page)), ("debt", "7749")]
    agreed = [*hidden, *_PLAN, ("step", "agree")]
    status, _, location = await post(client, f"{link}/plan", agreed)
    assert (status, location) == (303, "http://psp.test/checkout/pay_1")
    await post(client, f"{link}/plan", agreed)  # twice the same form
    assert len({order.idempotency_key for order in rig.psp.orders}) == 1
    order = rig.psp.orders[0]
    assert order.amount["minor"] == 2583
    assert {kind for kind, _ in _told(rig)} == {"link-payment.started.v1"}
    assert await notify(client, order.reference, 2583) == 204
    assert await notify(client, order.reference, 2583) == 204
    plans = [document for kind, document in _told(rig) if kind == "plan.agreed.v1"]
    assert len(plans) == 2
    assert plans[0] == plans[1], "the provider's repeat is the same event"
    parts = [one["amount"]["minor"] for one in plans[0]["instalments"]]
    days = [one["due_on"] for one in plans[0]["instalments"]]
    assert (parts, days) == ([2583] * 3, ["2026-06-01", "2026-07-01", "2026-08-01"])
    assert (plans[0]["plan_id"], plans[0]["by"]) == (order.reference, "customer")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("count", "8"), ("income", "2000")], "minstens €\u00a010,00"),
        ([("count", "3"), ("income", "100")], "hoogstens €\u00a020,00"),
        ([("count", "3"), ("income", "")], "inkomen"),
        ([("count", "x"), ("income", "2000")], "geheel getal"),
        ([("count", "3"), ("income", "1e9")], "bedrag"),
        ([("count", "3"), ("every", "day"), ("income", "9")], "opties"),
    ],
)
async def test_a_plan_outside_the_bounds_says_why(
    rig: Rig, client: ClientSession, link: str, fields: list[tuple[str, str]], said: str
) -> None:
    """Nothing is ordered, what was typed stays."""
    status, page, _ = await _fill(client, f"{link}/plan", *fields)
    assert status == 422
    assert 'role="alert"' in page
    assert said in page
    assert not rig.psp.orders


async def test_a_debt_that_changed_since_it_was_shown_is_shown_again(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """Nobody agrees to instalments they have not seen."""
    fields = [*_PLAN, ("debt", "7000"), ("step", "agree")]
    status, page, _ = await _fill(client, f"{link}/plan", *fields)
    assert status == 409
    assert "25,83" in page
    assert not rig.psp.orders


async def test_a_promise_is_one_event_however_often_it_is_sent(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """An empty amount is all that is open."""
    _, page = await get(client, f"{link}/promise")
    fields = [("csrf", csrf_of(page)), ("nonce", nonce_of(page)), ("due_on", "2026-06-12")]
    status, _, where = await post(client, f"{link}/promise", fields)
    assert (status, where.split("?")[0]) == (303, f"{link}/done")
    await post(client, f"{link}/promise", fields)
    first, again = _told(rig)
    assert first == again
    assert first[0] == "promise.made.v1"
    assert first[1]["amount"] == {"minor": 7749, "currency": "EUR"}
    ids = {headers["ce_id"] for *_, headers in rig.log.published}
    assert ids == {first[1]["promise_id"]}
    assert (await get(client, where))[0] == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("due_on", "2026-05-31")], "voorbij"),
        ([("due_on", "2026-08-31")], "31 dagen"),
        ([("due_on", "tomorrow")], "Vul een dag in"),
        ([("due_on", "2026-06-12"), ("amount", "100")], "meer dan"),
        ([("due_on", "2026-06-12"), ("amount", "much")], "bedrag"),
    ],
)
async def test_a_promise_that_is_not_taken_says_why(
    rig: Rig, client: ClientSession, link: str, fields: list[tuple[str, str]], said: str
) -> None:
    """Before anything is on the log."""
    status, page, _ = await _fill(client, f"{link}/promise", *fields)
    assert status == 422
    assert said in page
    assert not rig.log.published


async def test_a_pause_within_the_policy(rig: Rig, client: ClientSession, link: str) -> None:
    """From today to the first day that goes on; longer than policy allows says so."""
    status, page, _ = await _fill(client, f"{link}/hardship", ("until", "2026-07-02"))
    assert (status, "30 dagen" in page) == (422, True)
    await _fill(client, f"{link}/hardship", ("until", "2026-07-01"), ("reason", "between jobs"))
    ((kind, document),) = _told(rig)
    assert kind == "hardship.granted.v1"
    assert (document["from"], document["until"]) == ("2026-06-01", "2026-07-01")


async def test_a_dispute_names_its_items_and_why(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """Only what is open; a reason is needed."""
    chosen = [("invoice", "inv-device-7"), ("invoice", "somebody-elses")]
    status, _, _ = await _fill(client, f"{link}/dispute", *chosen)
    assert status == 422
    await _fill(client, f"{link}/dispute", *chosen, ("reason", "Never received."))
    ((kind, document),) = _told(rig)
    assert kind == "dispute.opened.v1"
    assert (document["invoice_ids"], document["reason"]) == (["inv-device-7"], "Never received.")


async def test_own_rules_replace_what_we_knew(rig: Rig, client: ClientSession, link: str) -> None:
    """The form begins with what is in force; channels without an address are no choice."""
    _, page = await get(client, f"{link}/preferences")
    assert 'value="21:00"' in page
    assert 'value="push"' not in page
    fields = [("channel_1", "email"), ("channel_2", "email"), ("quiet_from", "18:00"),
              ("quiet_to", "09:00"), ("days_before", "5")]  # fmt: skip
    await _fill(client, f"{link}/preferences", *fields)
    ((kind, document),) = _told(rig)
    assert kind == "preferences.changed.v1"
    assert document["channels"] == ["email"]
    assert document["quiet_hours"] == {"from": "18:00", "to": "09:00"}
    assert document["days_before_due"] == 5


@pytest.mark.parametrize(
    "fields",
    [
        [("channel_1", "push")],
        [("channel_1", "sms"), ("quiet_from", "18:00")],
        [("channel_1", "sms"), ("quiet_from", "08:00"), ("quiet_to", "21:00")],
        [("channel_1", "sms"), ("quiet_from", "25:00"), ("quiet_to", "21:00")],
        [("channel_1", "sms"), ("days_before", "400")],
    ],
)
async def test_rules_under_which_nobody_can_be_reminded_are_no_rules(
    rig: Rig, client: ClientSession, link: str, fields: list[tuple[str, str]]
) -> None:
    """Said at the field; nothing is published."""
    status, page, _ = await _fill(client, f"{link}/preferences", *fields)
    assert status == 422
    assert 'role="alert"' in page
    assert not rig.log.published


async def test_nothing_is_decided_without_the_form_or_the_log(
    rig: Rig, client: ClientSession, link: str
) -> None:
    """A foreign form is refused; while the log is away nothing is said to be done."""
    assert (await post(client, f"{link}/promise", [("due_on", "2026-06-12")]))[0] == 403
    rig.log.away = True
    assert (await _fill(client, f"{link}/promise", ("due_on", "2026-06-12")))[0] == 503
    assert (await get(client, "/pay/forged/promise"))[0] == 404
    assert (await get(client, f"{rig.link(days=-1)}/plan"))[0] == 410
