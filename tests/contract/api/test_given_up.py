"""What was written off or handed over: projected from its events, listed, and as a rate."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import ClientSession

from connectors.postgres.projection import Projection
from domain.effects import Publish
from domain.events.hand_overs import DebtGivenUp, GivenUpChanged, ItemGivenUp
from domain.money import Money
from streams.codec import encode
from streams.core.records import Record
from tables.projection_hand_overs import given_up
from tests.contract.api.browser_like import get, log_in
from tests.contract.api.rig import Rig

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


def _record(ce_type: str, data: DebtGivenUp | GivenUpChanged) -> Record:
    publish = Publish("hand-overs", ce_type, "x-1", data.customer_id, data)
    output = encode(publish, AT)
    return Record("hand-overs", 0, 0, output.key, output.value, output.headers, 0)


def _item(invoice_id: str, minor: int) -> ItemGivenUp:
    return ItemGivenUp(invoice_id=invoice_id, open=Money(minor=minor, currency="EUR"))


async def test_the_rate_is_what_is_written_off_of_what_was_invoiced(
    rig: Rig, client: ClientSession
) -> None:
    await rig.pool.execute("DELETE FROM given_up")
    await rig.pool.execute("DELETE FROM invoice_index")
    await rig.pool.execute(
        """INSERT INTO invoice_index (invoice_id, customer_id, minor, currency, payment_method,
             due_on) SELECT 'g' || n, 'c-1', 2500, 'EUR', 'link', '2026-05-01'
           FROM generate_series(1, 4) AS n"""
    )
    about = {"customer_id": "c-1", "by": "ann", "approved_by": "bob", "reason": "old", "at": AT}
    booked = DebtGivenUp.model_validate(about | {"items": (_item("g1", 2500), _item("g2", 500))})
    back = GivenUpChanged(customer_id="c-1", items=(_item("g2", 0),), because="paid", at=AT)
    for ce_type, data in (("write-off.booked.v1", booked), ("write-off.reversed.v1", back)):
        await Projection(rig.pool).apply(given_up(_record(ce_type, data)), {})
    await log_in(client)
    status, page = await get(client, "/given-up/rate")
    assert status == 200
    assert "25 %" in page
    _, rows = await get(client, "/given-up.csv?state=running")
    assert "g1" in rows
    assert "g2" not in rows
    _, rows = await get(client, "/given-up.csv?state=ended")
    assert "paid" in rows


async def test_an_unknown_event_of_a_later_version_is_no_row() -> None:
    later = _record("hand-over.frobbed.v9", GivenUpChanged(
        customer_id="c-1", items=(), because="x", at=AT
    ))  # fmt: skip
    assert given_up(later) == []
