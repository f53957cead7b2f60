"""`GET /api/v1/…/{id}`: the contract's members, its errors, and where a row is looked for."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.contract.api.rig import AS_OF, Rig
from tests.contract.api.samples import CASE, DECISION, FEE, customer_row


async def test_a_customer_is_shown_as_the_contract_says(rig: Rig, client: ClientSession) -> None:
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    async with client.get("/api/v1/customers/c-1", headers=rig.bearer) as answer:
        shown = await answer.json()
    assert answer.status == 200
    assert shown["customer_id"] == "c-1"
    assert shown["as_of"] == AS_OF
    assert shown["balance"] == [{"minor": 7749, "currency": "EUR"}]
    assert [item["invoice_id"] for item in shown["open"]] == ["inv-2026-05", "inv-device-7"]
    assert set(shown["open"][0]) >= {"invoice_id", "open", "due_on", "state"}
    assert shown["not_sent"] == []
    assert shown["next_step"]["kind"] == "reminder"


@pytest.mark.parametrize(
    ("path", "table", "row"),
    [
        ("/api/v1/fee-status/c-1", "fee_status", FEE),
        ("/api/v1/decisions/d-1", "decisions", DECISION),
        ("/api/v1/cases/case-1", "cases", CASE),
    ],
)
async def test_other_rows_are_shown_as_they_are(
    rig: Rig, client: ClientSession, path: str, table: str, row: dict[str, object]
) -> None:
    rig.rows.rows[table, path.rsplit("/", 1)[1]] = row
    async with client.get(path, headers=rig.bearer) as answer:
        assert answer.status == 200
        assert await answer.json() == {**row, "as_of": AS_OF}


async def test_the_index_names_the_partition_and_all_are_asked_when_it_lags(
    rig: Rig, client: ClientSession
) -> None:
    rig.rows.rows["decisions", "d-1"] = DECISION
    async with client.get("/api/v1/decisions/d-1", headers=rig.bearer) as answer:
        assert answer.status == 200
    assert rig.rows.asked == [("decisions", "d-1", "*")]
    await rig.pool.execute(
        """INSERT INTO row_index VALUES ('decisions', 'd-1', 'c-1')
           ON CONFLICT (kind, id) DO UPDATE SET key = 'c-1'"""
    )
    rig.rows.asked.clear()
    async with client.get("/api/v1/decisions/d-1", headers=rig.bearer) as answer:
        assert answer.status == 200
    assert rig.rows.asked == [("decisions", "d-1", "c-1")]
    await rig.pool.execute("DELETE FROM row_index WHERE id = 'd-1'")


async def test_errors_are_problem_documents(rig: Rig, client: ClientSession) -> None:
    async def status(path: str, headers: dict[str, str]) -> tuple[int, str, dict[str, object]]:
        async with client.get(path, headers=headers) as answer:
            return answer.status, answer.content_type, await answer.json()

    for path, headers, expected in [
        ("/api/v1/customers/nobody", rig.bearer, 404),
        ("/api/v1/customers/" + "x" * 201, rig.bearer, 400),
        ("/api/v1/customers/a%00b", rig.bearer, 400),
        ("/api/v1/customers/c-1", {}, 401),
        ("/api/v1/customers/c-1", {"Authorization": "Bearer wrong"}, 401),
        ("/api/v1/nothing", rig.bearer, 404),
    ]:
        code, media, document = await status(path, headers)
        assert (code, media) == (expected, "application/problem+json"), path
        assert set(document) == {"type", "title", "status", "detail", "instance"}


async def test_a_rebalance_is_said_with_a_time_to_come_back(
    rig: Rig, client: ClientSession
) -> None:
    rig.rows.away = True
    async with client.get("/api/v1/customers/c-1", headers=rig.bearer) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0


async def test_only_get_is_allowed(rig: Rig, client: ClientSession) -> None:
    async with client.delete("/api/v1/customers/c-1", headers=rig.bearer) as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


async def test_readiness_is_what_the_conditions_say(rig: Rig, client: ClientSession) -> None:
    async with client.get("/readyz") as answer:
        assert answer.status == 200
    rig.conditions["live_rows"] = False
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["conditions"]["live_rows"] is False
