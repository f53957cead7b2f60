"""The queue of cases: what somebody has to decide, what is held, then by the next step."""

from __future__ import annotations

import csv
import io

import pytest
from aiohttp import ClientSession

from tests.contract.api.browser_like import get, log_in
from tests.contract.api.rig import Rig


@pytest.fixture
async def staff(rig: Rig, client: ClientSession) -> ClientSession:
    await rig.pool.execute("DELETE FROM cases")
    await rig.pool.execute(
        """INSERT INTO cases (case_id, customer_id, state, held_because, proposes, step_at) VALUES
             ('closed', 'q1', 'closed_paid', NULL, 'write_off', NULL),
             ('later', 'q2', 'reminded_1', NULL, NULL, '2026-06-09'),
             ('sooner', 'q3', 'opened', NULL, NULL, '2026-06-02'),
             ('held', 'q4', 'reminded_2', 'flag:dispute', NULL, '2026-06-30'),
             ('proposal', 'q5', 'reminded_3', NULL, 'hand_over', NULL)"""
    )
    await log_in(client)
    return client


async def _ids(client: ClientSession, query: str = "") -> list[str]:
    _, text = await get(client, f"/cases.csv{query}")
    return [row["case_id"] for row in csv.DictReader(io.StringIO(text))]


async def test_it_is_in_the_order_of_the_work(staff: ClientSession) -> None:
    assert await _ids(staff) == ["proposal", "held", "sooner", "later", "closed"]


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ("open", ["proposal", "held", "sooner", "later"]),
        ("held", ["held"]),
        ("proposed", ["proposal"]),
        ("closed", ["closed"]),
    ],
)
async def test_each_queue_has_its_own(
    staff: ClientSession, queue: str, expected: list[str]
) -> None:
    assert await _ids(staff, f"?queue={queue}") == expected
