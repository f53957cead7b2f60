"""The counting process beside the web process: answers, ends with its owner, starts again."""

from __future__ import annotations

import datetime as dt
import os
import signal

import pytest

from api.problems import Problem
from api.rule_sets.counting import job_of
from dunnock.impact import ImpactProcess, counting_beside
from tests.unit.impact.test_count import CONTACTED, NOW

ROWS = [one.model_dump(mode="json", exclude_defaults=True) for one in CONTACTED]


def job(now: dt.datetime = NOW) -> bytes:
    return job_of({}, {}, ROWS, now)


def pid_of(beside: ImpactProcess) -> int:
    assert beside._process is not None
    return beside._process.pid


async def test_it_counts_and_leaves_nothing_behind() -> None:
    async with counting_beside() as beside:
        found = await beside(job())
        assert (found.counted, found.present.contacted) == (4, 4)
        first = pid_of(beside)
        await beside(job())
        assert pid_of(beside) == first
        process = beside._process
    assert process is not None
    assert await process.wait() != 0


async def test_one_that_is_killed_is_told_and_replaced() -> None:
    async with counting_beside() as beside:
        await beside(job())
        os.kill(pid_of(beside), signal.SIGKILL)
        with pytest.raises(Problem, match="Check the draft again"):
            await beside(job())
        assert (await beside(job())).counted == 4


async def test_a_row_that_nobody_can_read_is_left_out() -> None:
    async with counting_beside() as beside:
        broken = job_of({}, {}, [*ROWS, {"customer_id": 7}], NOW)
        assert (await beside(broken)).counted == 4
