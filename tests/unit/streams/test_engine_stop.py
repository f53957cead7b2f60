"""Letting partitions go must end, one way or the other: by then others have them."""

from __future__ import annotations

import asyncio
from unittest.mock import MagicMock

import pytest

from streams import engine
from streams.engine import Engine, NotStopped
from tests.unit.streams.bench import Bench, settle
from tests.unit.streams.toy import chunk


async def test_a_batch_that_never_ends_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commit is never answered; without a lane the watchdog would have nothing to look at."""
    monkeypatch.setattr(engine, "REBALANCE_TIMEOUT_S", 0.05)
    failures: list[BaseException] = []
    bench = await Bench().opened()
    bench.log.gate.clear()
    bench.lane.offer(chunk("invoices", 0, {"amount": 1}))
    await settle()
    letting_go = Engine(MagicMock(), failures.append)
    letting_go.lanes = {0: bench.lane}
    with pytest.raises(NotStopped):
        await asyncio.wait_for(letting_go.finish(), 5)
    assert [type(failure) for failure in failures] == [NotStopped]
    bench.log.gate.set()
    await bench.lane.stop()
