"""A lane rests between small transactions, and only then."""

from __future__ import annotations

from streams.core.config import LaneConfig
from tests.unit.streams.bench import Bench, settle, until
from tests.unit.streams.toy import T0, chunk, tick

#: However short the first batch was, the rest after it is at least a tenth of a second here.
LONG_REST = LaneConfig(rest_share=1e9, rest_s_max=0.1, rest_below_records=3)


async def test_what_arrives_during_the_rest_shares_one_transaction() -> None:
    """Three events one after the other: the first at once, the two others together."""
    bench = await Bench(LONG_REST).opened()
    await until(lambda: bench.lane.status().is_idle)
    before = len(bench.log.commits)
    bench.lane.offer(chunk("invoices", 0, {"amount": 1}))
    await settle()
    assert len(bench.log.commits) == before + 1
    for offset in (1, 2):
        bench.lane.offer(chunk("invoices", offset, {"amount": 1}))
        await settle()
    assert len(bench.log.commits) == before + 1
    await until(lambda: len(bench.toy.seen) == 3)
    assert [offsets for _, _, offsets in bench.log.commits[before:]] == [
        {"invoices": 1},
        {"invoices": 3},
    ]
    await bench.lane.stop()


async def test_a_lane_that_is_behind_does_not_rest() -> None:
    """Its next batch is large anyway: after the tick it would rest for half a minute."""
    bench = Bench(LaneConfig(rest_share=1e9, rest_s_max=30, rest_below_records=1))
    bench.lane.open_at(0)
    bench.lane.offer(tick(0, T0))
    bench.lane.offer(chunk("invoices", 0, *[{"amount": 1}] * 10))
    running = bench.lane.start()
    await until(lambda: len(bench.toy.seen) == 10)
    running.cancel()


async def test_the_log_is_asked_for_its_end_while_the_lane_rests() -> None:
    """A reminder waits for one rest, not for the rest and then for the answer."""
    bench = await Bench(LONG_REST).opened()
    await until(lambda: bench.lane.status().is_idle)
    bench.log.asked.clear()
    bench.lane.offer(chunk("invoices", 0, {"amount": 1, "due": 0}))
    await settle()
    assert len(bench.log.asked) == 1
    assert bench.toy.seen[-1].startswith("timer:")
    await until(lambda: bench.toy.seen[-1].startswith("look:"))
    await bench.lane.stop()
