"""Lists: filters, pages, and exports that are whole and carry their filters."""

from __future__ import annotations

import csv
import io

import pytest
from aiohttp import ClientSession

from tests.contract.api.browser_like import get, log_in
from tests.contract.api.rig import Rig
from tests.contract.api.samples import CASE, DECISION, FEE, customer_row
from tests.contract.api.seed import CUSTOMERS, seeded

LISTS = ("customers", "applications", "decisions", "messages", "not-sent", "cases", "dead-letters")


@pytest.fixture
async def staff(rig: Rig, client: ClientSession) -> ClientSession:
    await seeded(rig.pool)
    await log_in(client)
    return client


async def _csv(client: ClientSession, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await get(client, path))[1])))


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_opens_in_every_language_and_as_a_fragment(
    staff: ClientSession, name: str
) -> None:
    for language in ("en", "nl", "de"):
        status, page = await get(staff, f"/{name}", headers={"Accept-Language": language})
        assert status == 200
        assert f'<html lang="{language}"' in page
    _, fragment = await get(staff, f"/{name}", headers={"HX-Target": "rows"})
    assert fragment.lstrip().startswith('<div id="rows"')


async def test_pages_hold_every_row_once(staff: ClientSession) -> None:
    pages = [(await get(staff, f"/customers?page={number}"))[1] for number in (1, 2, 3)]
    for number in range(1, CUSTOMERS + 1):
        assert sum(f'href="/customers/c-{number}"' in page for page in pages) == 1


async def test_an_export_has_all_rows_of_the_filter_and_names_it(
    rig: Rig, staff: ClientSession
) -> None:
    assert len(await _csv(staff, "/customers.csv")) == CUSTOMERS
    async with staff.get("/customers.csv?debt=open&country=de") as answer:
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
        assert "debt-open" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Filters"] == "debt=open&country=de"
    assert rows
    assert {row["country"] for row in rows} == {"DE"}
    assert {row["balances"] for row in rows} != {"[]"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/customers.csv?search=%25", 0),
        ("/customers.csv?search=_", 0),
        ("/customers.csv?search=schulz", 24),
        ("/customers.csv?search=c-12", 2),
        ("/customers.csv?debt=none", 80),
        ("/applications.csv?status=checking", 10),
        ("/applications.csv?product=energy&outcome=accept", 4),
        ("/applications.csv?search=bakker", 12),
        ("/applications.csv?search=a-12", 1),
        ("/decisions.csv?outcome=reject", 12),
        ("/decisions.csv?light=green&degraded=degraded", 3),
        ("/messages.csv?kind=thank_you", 20),
        ("/messages.csv?state=delivered&channel=sms", 21),
        ("/not-sent.csv?because=dispute", 1),
        ("/cases.csv?state=reminded", 8),
        ("/dead-letters.csv?reason=invalid&topic=payments", 1),
    ],
)
async def test_filters(staff: ClientSession, path: str, expected: int) -> None:
    assert len(await _csv(staff, path)) == expected


async def test_cells_that_look_like_formulas_are_harmless(staff: ClientSession) -> None:
    rows = await _csv(staff, "/dead-letters.csv?reason=unknown_type")
    assert rows[0]["detail"].startswith("'=cmd()")


@pytest.mark.parametrize(
    "path",
    [
        "/customers?page=0",
        "/customers?page=x",
        "/customers?debt=maybe",
        "/customers?nothing=1",
        "/customers?search=" + "x" * 300,
        "/customers?search=%00",
    ],
)
async def test_filters_that_do_not_exist_are_refused(staff: ClientSession, path: str) -> None:
    assert (await get(staff, path))[0] == 400


async def test_detail_pages_show_what_is_known(rig: Rig, staff: ClientSession) -> None:
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    rig.rows.rows["fee_status", "c-1"] = FEE
    rig.rows.rows["decisions", "d-1"] = DECISION
    rig.rows.rows["cases", "case-1"] = CASE
    for path, expected in [
        ("/customers/c-1", "Anna de Vries"),
        ("/decisions/d-1", "The score is in the middle."),
        ("/cases/case-1", "case-1"),
        ("/messages/m-3", "incasso"),
    ]:
        status, page = await get(staff, path)
        assert status == 200, path
        assert expected in page
    for path in ("/customers/none", "/decisions/none", "/cases/none", "/messages/none"):
        assert (await get(staff, path))[0] == 404


async def test_a_customer_of_whom_only_facts_are_known_has_a_page(
    rig: Rig, staff: ClientSession
) -> None:
    rig.rows.rows["customer_history", "c-7"] = {"customer_id": "c-7", "seen": {"x": 1}}
    status, page = await get(staff, "/customers/c-7")
    assert status == 200
    assert "has not told us who this is" in page


async def test_what_customers_typed_is_text_not_markup(rig: Rig, staff: ClientSession) -> None:
    row = customer_row()
    row["profile"]["facts"]["name"]["given"] = "<script>alert(1)</script>"
    rig.rows.rows["customer_history", "c-1"] = row
    _, page = await get(staff, "/customers/c-1")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_the_start_page_counts_what_the_lists_hold(rig: Rig, staff: ClientSession) -> None:
    rig.workers.ends = {0: {"ticks": 0, "payments": 7}, 1: {"ticks": 0, "customers": 5}}
    _, page = await get(staff, "/")
    for number, what in [
        (12, "events in"),
        (60, "decisions"),
        (60, "reminders"),
        (8, "open cases"),
    ]:
        assert f"<b>{number}</b><span>{what}</span>" in page
    _, live = await get(staff, "/live")
    assert live.lstrip().startswith('<div class="stack" id="live"')
