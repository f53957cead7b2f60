"""The keyed ordered pool: order within a key, acks in offset order, trouble outside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from streams.core.budget import BudgetLimits, DeadLetterBudget, DeadLetterBudgetExceeded
from streams.core.pool import OutsideFailure, Pool, PoolConfig, Refused
from streams.core.records import Chunk, Output, Record
from tests.unit.streams.bench import settle, until

FAST = PoolConfig(call_timeout_s=0.05, backoff_first_s=0.001, backoff_max_s=0.002, unacked_max=5)


def asks(*keys: str, start: int = 0, topic: str = "asks") -> Chunk:
    records = tuple(
        Record(topic, 0, start + at, key.encode(), str(start + at).encode())
        for at, key in enumerate(keys)
    )
    return Chunk(topic, 0, records, start + len(keys))


class Outside:
    """A handler whose calls the test holds and releases by offset."""

    def __init__(self, config: PoolConfig = FAST) -> None:
        self.calls: list[int] = []
        self.active = self.most_active = 0
        self.held: dict[int, asyncio.Event] = {}
        self.failures: dict[int, list[Exception]] = {}
        self.delivered: list[Output] = []
        self.delivery_error: Exception | None = None
        self.delivery = asyncio.Event()
        self.delivery.set()
        self.committed: list[int] = []
        self.errors: list[BaseException] = []
        self.pool = Pool(
            self.handle,
            self.deliver,
            on_committable=lambda _topic, _partition, offset: self.committed.append(offset),
            on_failed=self.errors.append,
            config=config,
            budget=DeadLetterBudget(BudgetLimits(in_a_row_max=2)),
        )

    async def handle(self, record: Record) -> Sequence[Output]:
        self.calls.append(record.offset)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            if record.offset in self.held:
                await self.held[record.offset].wait()
            if self.failures.get(record.offset):
                raise self.failures[record.offset].pop(0)
        finally:
            self.active -= 1
        return (Output("answers", record.key, record.value),)

    async def deliver(self, outputs: Sequence[Output]) -> None:
        await self.delivery.wait()
        if self.delivery_error is not None:
            raise self.delivery_error
        self.delivered += outputs

    def hold(self, *offsets: int) -> None:
        self.held.update((offset, asyncio.Event()) for offset in offsets)


async def test_keys_run_beside_each_other_and_a_key_in_order() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a", "b", "a", "b"))
    await settle()
    assert outside.calls == [0, 1, 3]
    outside.held[0].set()
    await settle()
    assert outside.calls == [0, 1, 3, 2]


async def test_acks_are_in_offset_order() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a", "b", "c"))
    await settle()
    assert (len(outside.delivered), outside.committed, outside.pool.unacked) == (2, [], 3)
    outside.held[0].set()
    await settle()
    assert (outside.committed, outside.pool.unacked) == ([3], 0)


async def test_the_window_is_bounded() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a", "b", "c", "d", "e"))
    await settle()
    assert outside.pool.full("asks", 0)
    assert not outside.pool.full("asks", 1)
    outside.held[0].set()
    await settle()
    assert not outside.pool.full("asks", 0)


async def test_calls_are_bounded() -> None:
    outside = Outside(PoolConfig(tasks_max=2))
    outside.hold(0, 1, 2, 3)
    outside.pool.offer(asks("a", "b", "c", "d"))
    await settle()
    assert outside.most_active == 2
    for event in outside.held.values():
        event.set()
    await settle()
    assert (outside.most_active, outside.committed[-1]) == (2, 4)


async def test_an_outside_failure_is_retried_in_its_own_lane() -> None:
    outside = Outside()
    outside.failures[0] = [OutsideFailure(), OutsideFailure(), TimeoutError()]
    outside.pool.offer(asks("a", "b", "a"))
    await until(lambda: len(outside.delivered) == 3)
    await settle()
    assert outside.calls == [0, 1, 0, 0, 0, 2]
    assert outside.committed[-1] == 3


async def test_a_hanging_call_times_out_and_is_retried() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a"))
    await until(lambda: len(outside.calls) >= 2)
    outside.held[0].set()
    await until(lambda: outside.committed == [1])


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Refused("no_number", "nothing to call"), b"no_number"), (KeyError("x"), b"handler_error")],
)
async def test_a_record_that_never_works_is_a_dead_letter(error: Exception, reason: bytes) -> None:
    outside = Outside()
    outside.failures[0] = [error]
    outside.pool.offer(asks("a", "a"))
    await settle()
    assert [output.topic for output in outside.delivered] == ["dead-letters", "answers"]
    assert dict(outside.delivered[0].headers)["dl_reason"] == reason
    assert outside.committed == [1, 2]


async def test_dead_letters_over_budget_are_fatal() -> None:
    outside = Outside()
    outside.failures = {offset: [KeyError()] for offset in range(3)}
    outside.pool.offer(asks("a", "a", "a", "a"))
    await settle()
    assert [type(error) for error in outside.errors] == [DeadLetterBudgetExceeded]
    assert (outside.committed, outside.calls) == ([1, 2], [0, 1, 2])


async def test_a_failed_delivery_is_fatal_and_acks_nothing() -> None:
    outside = Outside()
    outside.hold(1)
    outside.delivery_error = ConnectionError()
    outside.pool.offer(asks("a", "b", "a"))
    await settle()
    assert [type(error) for error in outside.errors] == [ConnectionError]
    assert (outside.committed, outside.active, outside.calls) == ([], 0, [0, 1])


async def test_a_dropped_partition_is_forgotten_and_may_come_back() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a", "a"))
    await settle()
    outside.pool.drop("asks", 0)
    await settle()
    assert (outside.calls, outside.committed, outside.active) == ([0], [], 0)
    del outside.held[0]
    outside.pool.offer(asks("a", "a"))
    await settle()
    assert (outside.calls, outside.committed) == ([0, 0, 1], [1, 2])


async def test_what_is_delivered_after_a_drop_is_not_acked() -> None:
    outside = Outside()
    outside.delivery.clear()
    outside.pool.offer(asks("a"))
    await settle()
    outside.pool.drop("asks", 0)
    outside.delivery.set()
    await settle()
    assert (len(outside.delivered), outside.committed) == (1, [])


async def test_a_drop_spares_other_partitions_of_the_same_key() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a"))
    outside.pool.offer(asks("a", topic="other", start=7))
    await settle()
    outside.pool.drop("asks", 0)
    await settle()
    assert (outside.calls, outside.committed) == ([0, 7], [8])


async def test_stop_finishes_the_calls_that_run() -> None:
    outside = Outside()
    outside.hold(0)
    outside.pool.offer(asks("a", "a"))
    await settle()
    stopping = asyncio.create_task(outside.pool.stop())
    await settle()
    outside.held[0].set()
    await stopping
    assert (outside.calls, outside.committed) == ([0], [1])


async def test_stop_does_not_wait_for_a_backoff() -> None:
    outside = Outside(PoolConfig(backoff_first_s=60, backoff_max_s=60))
    outside.failures[0] = [OutsideFailure()]
    outside.pool.offer(asks("a"))
    await settle()
    await asyncio.wait_for(outside.pool.stop(), 1)
    assert outside.committed == []


async def test_an_empty_chunk_moves_the_position() -> None:
    outside = Outside()
    outside.pool.offer(Chunk("asks", 0, (), 9))
    assert outside.committed == [9]
