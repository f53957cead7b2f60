"""`/api/v1/clock`: visits what is due, never goes back, one advance at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from connectors.postgres.pool import Pool
from tests.contract.api.rig import NOW, Rig, rigged


async def _move(client: ClientSession, rig: Rig, body: Any) -> tuple[int, dict[str, Any]]:
    async with client.post("/api/v1/clock", json=body, headers=rig.bearer) as answer:
        return answer.status, await answer.json()


async def test_it_starts_where_the_contract_says_and_stands_still(
    rig: Rig, client: ClientSession
) -> None:
    async with client.get("/api/v1/clock", headers=rig.bearer) as answer:
        assert await answer.json() == {"now": "2026-06-01T09:00:00Z"}


async def test_an_advance_visits_each_instant_in_order(rig: Rig, client: ClientSession) -> None:
    hours = [timedelta(hours=number) for number in (3, 1, 30)]
    rig.workers.due = [NOW + hour for hour in hours]
    assert await _move(client, rig, {"advance": "PT24H"}) == (
        200,
        {"now": "2026-06-02T09:00:00Z"},
    )
    assert rig.workers.visited == [NOW + timedelta(hours=1), NOW + timedelta(hours=3)]
    assert rig.workers.now == NOW + timedelta(hours=24)
    assert await _move(client, rig, {"to": "2026-06-02T17:00:00+02:00"}) == (
        200,
        {"now": "2026-06-02T15:00:00Z"},
    )
    assert rig.workers.visited[-1] == NOW + timedelta(hours=30)


async def test_nothing_is_a_move_too_and_back_is_none(rig: Rig, client: ClientSession) -> None:
    assert (await _move(client, rig, {"advance": "PT0S"}))[0] == 200
    assert (await _move(client, rig, {"to": "2026-06-01T08:59:59Z"}))[0] == 409
    assert (await _move(client, rig, {"advance": "-PT1S"}))[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "PT24H",
        {"advance": "24h"},
        {"advance": "P1M"},
        {"advance": "PT"},
        {"advance": 5},
        {"advance": "P9999999D"},
        {"to": "tomorrow"},
        {"to": "2026-06-02T09:00:00"},
        {"to": "2026-06-02"},
        {"advance": "PT1H", "to": "2026-06-02T09:00:00Z"},
    ],
)
async def test_nonsense_is_refused(rig: Rig, client: ClientSession, body: Any) -> None:
    status, problem = await _move(client, rig, body)
    assert status == 400, problem


async def test_a_worker_that_lags_is_named(rig: Rig, client: ClientSession) -> None:
    rig.workers.stuck = True
    status, problem = await _move(client, rig, {"advance": "PT1H"})
    assert status == 503
    assert "ticks[0]" in problem["detail"]


async def test_messages_leave_before_the_clock_leaps(rig: Rig, client: ClientSession) -> None:
    seconds = [timedelta(seconds=number) for number in (1, 2, 3, 70)]
    rig.workers.due = [NOW + second for second in seconds]
    assert (await _move(client, rig, {"advance": "PT24H"}))[0] == 200
    # Before the 70th second, before the rest of the day, and at the end; not within the minute.
    assert rig.dispatchers.asked == 3


async def test_a_gateway_that_hangs_holds_the_clock_up_once(
    rig: Rig, client: ClientSession
) -> None:
    rig.dispatchers.hangs = True
    rig.workers.due = [NOW + timedelta(hours=hour) for hour in range(1, 9)]
    assert (await _move(client, rig, {"advance": "PT24H"}))[0] == 200
    assert rig.dispatchers.asked == 1


async def test_advances_queue_up(rig: Rig, client: ClientSession) -> None:
    answers = await asyncio.gather(*(_move(client, rig, {"advance": "PT1H"}) for _ in range(3)))
    assert sorted(answer["now"] for _, answer in answers) == [
        "2026-06-01T10:00:00Z",
        "2026-06-01T11:00:00Z",
        "2026-06-01T12:00:00Z",
    ]


async def test_the_real_clock_cannot_be_moved(pool: Pool) -> None:
    async with rigged(pool, clock="real") as rig, ClientSession(rig.server.make_url("/")) as client:
        assert (await _move(client, rig, {"advance": "PT1H"}))[0] == 409
