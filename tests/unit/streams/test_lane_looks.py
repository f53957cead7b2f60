"""A lane's timers and looks: what is decided when, and against how much of the log."""

from __future__ import annotations

from streams.core.records import Chunk
from tests.unit.streams.bench import Bench
from tests.unit.streams.toy import at, chunk, record, tick


async def test_a_look_waits_for_the_log_as_it_was_after_the_request(bench: Bench) -> None:
    bench.log.ends["payments"] = 2  # acknowledged by the broker, not yet read
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 0}))
    assert bench.log.asked == [1]  # after the request was committed
    assert bench.lane.status().pending_looks == 1
    await bench.offer(chunk("payments", 0, {"amount": 2}))
    assert "look:remind|c" not in bench.toy.seen
    await bench.offer(chunk("payments", 1, {"amount": 3}))
    assert bench.toy.seen[-1] == "look:remind|c"
    assert [outputs for outputs, _, _ in bench.log.commits if outputs] == []
    assert bench.lane.status().pending_looks == 0


async def test_the_end_may_be_a_marker_that_only_an_empty_chunk_tells(bench: Bench) -> None:
    bench.log.ends["payments"] = 2
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 0}))
    await bench.offer(chunk("payments", 0, {"amount": 1}))
    assert bench.lane.status().pending_looks == 1
    await bench.offer(Chunk("payments", 0, (), 2))
    assert bench.lane.status().pending_looks == 0
    outputs = bench.log.commits[-1][0]
    assert b'"balance":4' in (outputs[0].value or b"")


async def test_ends_already_met_decide_at_once(bench: Bench) -> None:
    await bench.offer(Chunk("payments", 0, (), 9), Chunk("invoices", 0, (), 0))
    bench.log.ends |= {"payments": 7, "invoices": 1}
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 0}))
    assert bench.toy.seen[-1] == "look:remind|c"


async def test_looks_of_an_earlier_owner_are_asked_for_anew() -> None:
    bench = await Bench().opened()
    bench.log.ends["payments"] = 1
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 0}))
    await bench.lane.stop()
    bench.log.ends["payments"] = 2
    bench.lane = bench.new_lane()
    bench.lane.start()
    bench.lane.open_at(1)
    await bench.offer(tick(1, at(1)), Chunk("invoices", 0, (), 1), Chunk("payments", 0, (), 1))
    assert bench.lane.status().pending_looks == 1
    await bench.offer(chunk("payments", 1, {"amount": 5}))
    assert bench.toy.seen[-2:] == ["payments:1", "look:remind|c"]
    await bench.lane.stop()


async def test_one_question_serves_all_looks_of_a_batch(bench: Bench) -> None:
    await bench.offer(
        *(chunk("invoices", i, {"amount": 1, "due": 0}, key=f"c{i}") for i in range(5))
    )
    assert bench.log.asked == [1]


async def test_due_timers_are_spread_over_batches() -> None:
    bench = await Bench().opened()
    bench.log.ends["payments"] = 1  # nothing is decided here
    invoices = [
        record("invoices", i, {"amount": 1, "due": 60}, key=f"c{i:04}") for i in range(3_000)
    ]
    await bench.offer(Chunk("invoices", 0, tuple(invoices), 3_000))
    bench.log.commits.clear()
    await bench.offer(tick(1, at(60)), chunk("payments", 0, {"amount": 1}, key="c0000"))
    looks = [
        sum(key.startswith(b"look|") for key in changes["engine"])
        for _, changes, _ in bench.log.commits[:6]
    ]
    assert looks == [500] * 6
    timers = [f"timer:remind|c{i:04}" for i in range(3_000)]
    begin = bench.toy.seen.index(timers[0])
    assert bench.toy.seen[begin : begin + 3_001] == [*timers, "payments:0"]
    await bench.lane.stop()


async def test_a_failed_question_ends_the_lane(bench: Bench) -> None:
    del bench.log.ends["payments"]
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 0}))
    assert isinstance(bench.lane.failure, KeyError)
