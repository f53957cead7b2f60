"""A lane: opening, committing, looks, aborts, back-pressure, stopping."""

from __future__ import annotations

import asyncio
from time import thread_time

import pytest

from streams.core.budget import BudgetLimits, DeadLetterBudget, DeadLetterBudgetExceeded
from streams.core.config import LaneConfig
from streams.core.memory import MemoryLog
from streams.core.ports import BatchAborted, Fenced
from streams.core.records import Chunk
from tests.unit.streams.bench import Bench, settle
from tests.unit.streams.toy import T0, Boom, Toy, at, chunk, record, tick


async def test_only_ticks_are_handled_until_the_assignment_tick() -> None:
    bench = Bench()
    bench.lane.start()
    bench.lane.open_at(3)
    await bench.offer(chunk("invoices", 0, {"amount": 1}), tick(2, at(-60)))
    assert (bench.toy.seen, bench.lane.status().is_open) == ([], False)
    assert bench.lane.status().queued_records == 1
    await bench.offer(tick(3, T0), chunk("invoices", 1, {"amount": 1}))
    assert bench.toy.seen == ["invoices:0", "invoices:1"]
    assert bench.applied == [("ticks", 3), ("ticks", 4), ("invoices", 2)]
    await bench.lane.stop()


async def test_it_opens_even_if_the_tick_came_before_it_was_told(bench: Bench) -> None:
    late = Bench()
    late.lane.start()
    await late.offer(tick(7, T0), chunk("invoices", 0, {"amount": 1}))
    assert late.toy.seen == []
    late.lane.open_at(7)
    await late.lane.wait_idle()
    assert late.toy.seen == ["invoices:0"]
    await late.lane.stop()


async def test_ticks_get_through_a_full_closed_lane() -> None:
    bench = Bench(LaneConfig(queued_records_max=2))
    bench.lane.start()
    bench.lane.open_at(0)
    await bench.offer(chunk("invoices", 0, {"amount": 1}, {"amount": 1}))
    assert bench.lane.full
    await bench.offer(tick(0, T0))
    assert not bench.lane.full
    assert len(bench.toy.seen) == 2
    await bench.lane.stop()


async def test_what_waits_is_committed_together_up_to_the_limit() -> None:
    bench = await Bench(LaneConfig(batch_records_max=5)).opened()
    amounts = [{"amount": 1}] * 4
    await bench.offer(chunk("invoices", 0, *amounts), chunk("payments", 0, *amounts))
    assert [offsets for _, _, offsets in bench.log.commits] == [
        {"invoices": 4, "payments": 1},
        {"payments": 4},
    ]
    assert bench.applied == [("invoices", 4), ("payments", 1), ("payments", 4)]
    await bench.lane.stop()


async def test_rows_reach_the_stores_only_after_the_commit(bench: Bench) -> None:
    bench.log.gate.clear()
    bench.lane.offer(chunk("invoices", 0, {"amount": 5}))
    await settle()
    assert bench.stores["balances"].get(b"c") is None
    assert bench.applied == []
    bench.log.gate.set()
    await bench.lane.wait_idle()
    assert bench.stores["balances"].get(b"c") == b"5"
    assert bench.stores["balances"].changelog_offset() == 1
    assert bench.applied == [("invoices", 1)]


async def test_an_empty_chunk_needs_no_transaction(bench: Bench) -> None:
    await bench.offer(Chunk("payments", 0, (), 8))
    assert (bench.applied, bench.log.commits) == ([("payments", 8)], [])
    await bench.offer(chunk("invoices", 0, {"amount": 1}))
    assert bench.log.commits[0][2] == {"payments": 8, "invoices": 1}


async def test_an_aborted_batch_is_run_again_from_the_store(bench: Bench) -> None:
    bench.log.aborts = 3
    await bench.offer(chunk("invoices", 0, {"amount": 5}))
    assert bench.toy.seen == ["invoices:0"] * 4
    assert bench.stores["balances"].get(b"c") == b"5"
    assert bench.errors == []


async def test_a_batch_aborted_four_times_ends_the_lane(bench: Bench) -> None:
    bench.log.aborts = 4
    await bench.offer(chunk("invoices", 0, {"amount": 5}))
    assert [type(error) for error in bench.errors] == [BatchAborted]
    assert (bench.applied, bench.stores["balances"].items()) == ([], [])


@pytest.mark.parametrize("error", [Fenced(), ConnectionError()])
async def test_any_other_failure_of_the_commit_ends_the_lane(
    bench: Bench, error: Exception
) -> None:
    bench.log.error = error
    await bench.offer(chunk("invoices", 0, {"amount": 5}))
    assert (bench.errors, bench.lane.failure) == ([error], error)
    assert (bench.applied, bench.stores["balances"].items()) == ([], [])


async def test_an_unexpected_error_of_the_logic_ends_the_lane(bench: Bench) -> None:
    await bench.offer(chunk("invoices", 0, {"amount": 5}, b"boom"))
    assert isinstance(bench.lane.failure, Boom)
    assert (bench.log.commits, bench.applied) == ([], [])


async def test_dead_letters_over_budget_stop_before_the_commit(bench: Bench) -> None:
    await bench.offer(chunk("invoices", 0, b"bad", b"bad", b"bad"))
    assert len(bench.log.commits[0][0]) == 3
    await bench.offer(chunk("invoices", 3, b"bad"))
    assert isinstance(bench.lane.failure, DeadLetterBudgetExceeded)
    assert bench.applied == [("invoices", 3)]


async def test_stop_finishes_the_running_batch_and_leaves_the_rest(bench: Bench) -> None:
    bench.log.gate.clear()
    bench.lane.offer(chunk("invoices", 0, {"amount": 5}))
    await settle()
    bench.lane.offer(chunk("invoices", 1, {"amount": 5}))
    stopping = asyncio.create_task(bench.lane.stop())
    await settle()
    assert not stopping.done()
    bench.log.gate.set()
    await stopping
    assert bench.applied == [("invoices", 1)]
    assert bench.lane.status().queued_records == 1


async def test_drop_forgets_what_waits(bench: Bench) -> None:
    bench.log.gate.clear()
    bench.lane.offer(chunk("invoices", 0, {"amount": 5}))
    await settle()
    bench.lane.offer(chunk("invoices", 1, {"amount": 5}))
    bench.lane.drop()
    bench.log.gate.set()
    await bench.lane.wait_idle()
    assert bench.applied == [("invoices", 1)]


async def test_status_tells_what_is_unprocessed(bench: Bench) -> None:
    assert bench.lane.status().oldest_unprocessed_ms is None
    bench.log.gate.clear()
    old, new = (record("invoices", i, {"amount": 1}, timestamp_ms=70 + i) for i in range(2))
    bench.lane.offer(Chunk("invoices", 0, (old,), 1))
    await settle()
    bench.lane.offer(Chunk("invoices", 0, (new,), 2))
    status = bench.lane.status()
    assert (status.oldest_unprocessed_ms, status.queued_records) == (70, 1)
    assert (status.now, status.is_idle) == (T0, False)
    bench.log.gate.set()
    await bench.lane.wait_idle()
    assert bench.lane.status().oldest_unprocessed_ms is None


async def test_status_knows_the_next_timer_from_the_start() -> None:
    bench = await Bench().opened()
    await bench.offer(chunk("invoices", 0, {"amount": 5, "due": 30}))
    assert bench.lane.status().next_due == at(30)
    await bench.lane.stop()
    bench.lane = bench.new_lane()
    bench.lane.start()
    assert (bench.lane.status().now, bench.lane.status().next_due) == (T0, at(30))
    await bench.lane.stop()


async def test_a_chunk_of_another_partition_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="partition 3"):
        bench.lane.offer(Chunk("invoices", 3, (), 1))


async def test_a_batch_never_holds_the_loop_for_long() -> None:
    class Slow(Toy):
        def on_record(self, record, ctx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            deadline = thread_time() + 0.0002
            while thread_time() < deadline:
                pass
            super().on_record(record, ctx)

    bench = Bench()
    bench.toy = Slow()
    bench.lane = bench.new_lane()
    await bench.opened()
    longest = 0.0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = thread_time()  # not wall time: the machine may have other things to do
            await asyncio.sleep(0)
            longest = max(longest, thread_time() - before)

    watching = asyncio.create_task(watch())
    await bench.offer(chunk("invoices", 0, *[{"amount": 1}] * 1_000))
    done.set()
    await watching
    assert len(bench.log.commits) == 1
    assert longest < 0.05
    await bench.lane.stop()


async def test_a_new_owner_fences_the_old_one() -> None:
    log = MemoryLog(1)
    old, new = log.lane(0), log.lane(0)
    with pytest.raises(Fenced):
        await old.commit((), {}, {"invoices": 1})
    await new.commit((), {}, {"invoices": 2})
    assert log.committed == {("invoices", 0): 2}


async def test_a_restart_alone_does_not_refill_the_budget(bench: Bench) -> None:
    await bench.offer(chunk("invoices", 0, {"amount": 1}, b"bad", b"bad"))
    await bench.lane.stop()
    bench.budget = DeadLetterBudget(BudgetLimits(in_a_row_max=3))
    bench.lane = bench.new_lane()
    bench.lane.start()
    bench.lane.open_at(0)
    await bench.offer(tick(1, at(1)), chunk("invoices", 3, b"bad", b"bad"))
    assert isinstance(bench.lane.failure, DeadLetterBudgetExceeded)
    await bench.lane.stop()
    bench.budget = DeadLetterBudget(BudgetLimits(in_a_row_max=9))  # raised by the operator
    bench.lane = bench.new_lane()
    bench.lane.start()
    bench.lane.open_at(1)
    await bench.offer(tick(2, at(2)), chunk("invoices", 3, b"bad", b"bad", {"amount": 1}))
    assert bench.lane.failure is None
    assert bench.stores["engine"].get(b"dead-letters-in-a-row") == b"0"


async def test_what_a_dropped_batch_gives_back_is_dropped_too() -> None:
    bench = await Bench(LaneConfig(timers_per_batch_max=1)).opened()
    bench.log.ends["payments"] = 1
    await bench.offer(
        *(chunk("invoices", i, {"amount": 1, "due": 60}, key=f"c{i}") for i in range(3))
    )
    bench.log.gate.clear()
    bench.lane.offer(tick(1, at(60)))
    bench.lane.offer(chunk("payments", 0, {"amount": 1}))
    await settle()
    bench.lane.drop()
    bench.log.gate.set()
    await bench.lane.wait_idle()
    assert "payments:0" not in bench.toy.seen
    assert bench.toy.seen[-1] == "timer:remind|c2"
    await bench.lane.stop()
