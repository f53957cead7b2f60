"""The short form of `make faults`, on the whole embedded stack."""

from __future__ import annotations

import pytest

from tests.faults.chaos import Chaos
from tests.faults.run import SHOWN_MAX, fault_run
from tests.faults.stack import running_stack


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_by_kills_and_a_stop() -> None:
    chaos = Chaos(worker_kills=3, dispatcher_kills=1, broker_kills=0, stops=1, web_kills=0)
    with running_stack("--no-traffic") as stack:
        result = await fault_run(stack, events=2000, seconds=25, chaos=chaos, seed=7)
    assert set(result.counts.values()) == {0}, result.findings[:SHOWN_MAX]
    assert sum(result.acts.values()) == 5
    assert result.evidence.received
    assert result.evidence.dead_letters
