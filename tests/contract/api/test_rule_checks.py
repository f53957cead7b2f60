"""Checks of drafts leave the database to others: no connection held, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.rule_sets import counting
from api.rule_sets.refusals import status_of
from connectors.postgres.pool import Pool, connected
from connectors.postgres.rule_sets import Refused
from domain.impact.count import Counts
from tests.contract.api.rig import NOW
from tests.contract.api.rule_work import customers, no_rule_sets, owing


@pytest.fixture
async def narrow(migrated_url: str) -> AsyncIterator[Pool]:
    """A pool of one connection, with three customers who owe."""
    async with connected(migrated_url, size_max=1, name="test") as pool:
        await no_rule_sets(pool)
        await customers(pool, [owing() for _ in range(3)])
        yield pool
        await no_rule_sets(pool)


async def test_no_connection_is_held_while_it_counts(narrow: Pool) -> None:
    """The process that counts may have others before us: the pool is not ours meanwhile."""

    async def slow(job: bytes) -> Counts:
        async with asyncio.timeout(3):
            assert await narrow.fetchval("SELECT 1") == 1
        return counting.run_job(job)

    found, of = await counting.counted(narrow, slow, {}, {}, NOW)
    assert (found.counted, found.present.contacted, of) == (3, 3, 3)


async def test_a_second_check_is_told_that_another_runs(
    narrow: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PATIENCE_S", 0.1)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held(job: bytes) -> Counts:
        begun.set()
        await go_on.wait()
        return counting.run_job(job)

    def check() -> Any:
        return counting.counted(narrow, held, {}, {}, NOW)

    first = asyncio.create_task(check())
    await begun.wait()
    with pytest.raises(Refused) as refused:
        await check()
    assert (refused.value.code, status_of(refused.value)) == ("busy", 409)
    go_on.set()
    assert (await first)[0].counted == 3
    assert (await check())[0].counted == 3
