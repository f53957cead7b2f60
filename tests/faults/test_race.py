"""I1 on a real broker: no reminder for a payment that the log had before the look.

The whole race of 10,000 tries is `make race`, which also requires 2,000 payments within 20 ms of
their look; these are its short forms, which a busy machine may blur but not break.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.race.rig import Servers
from tests.faults.race.run import both_sides_won, race


@pytest.fixture
def servers(kafka: str, database_url: str, redis_url: str, topic_prefix: str) -> Servers:
    return Servers(kafka, database_url, redis_url, topic_prefix)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_reminder_for_a_payment_that_was_there_first(servers: Servers, tmp_path: Path) -> None:
    verdict = race(servers, tmp_path, 1000)
    table = "\n".join(verdict.lines())
    assert verdict.violations == 0, table
    assert both_sides_won(verdict), table


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_without_the_last_look_the_race_is_lost(servers: Servers, tmp_path: Path) -> None:
    verdict = race(servers, tmp_path, 500, hasty=True)
    table = "\n".join(verdict.lines())
    assert verdict.late_by_offset, table
    assert verdict.late_by_time, table
