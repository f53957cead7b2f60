"""The whole logic on the log in memory: the last look, due instants, replay."""

from __future__ import annotations

import asyncio
from random import Random

import orjson
import pytest

from streams.core.records import Record
from tests.unit.streams.toy import T0, Toy, at, cluster, messages, send


async def test_a_payment_acknowledged_before_the_look_prevents_the_reminder() -> None:
    world = cluster()
    await world.start(T0)
    send(world, "invoices", "c", amount=5, due=10)
    await world.run_until_idle()
    # The payment reaches the log when the broker is asked, and this lane hasn't read it.
    asked: list[int] = []

    def pay(partition: int) -> None:
        if not asked:
            send(world, "payments", "c", amount=5)
        asked.append(partition)

    world.log.before_end_offsets = pay
    await world.advance(at(10))
    assert asked
    assert messages(world) == []
    assert world.row("balances", "c") == b"0"
    await world.stop()


@pytest.mark.parametrize("seed", range(30))
async def test_no_reminder_for_a_payment_acknowledged_before_the_look(seed: int) -> None:
    """Payments arrive at any moment; whoever reads `look` can verify each reminder."""
    random = Random(seed)
    world = cluster(Toy(), partitions=1)
    await world.start(T0)
    for number in range(40):
        send(world, "invoices", f"c{number}", amount=5, due=10)
    await world.run_until_idle()
    world.tick(at(10))

    async def pay() -> None:
        for number in range(40):
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
            send(world, "payments", f"c{number}", amount=5)

    paying = asyncio.create_task(pay())
    await world.run_until_idle()
    await paying
    await world.run_until_idle()
    paid_at = {r.key: r.offset for r in world.records("payments")}
    for said in messages(world):
        look = said["look"]
        assert isinstance(look, dict)
        assert paid_at[str(said["key"]).encode()] >= look["payments"]
    assert set(world.rows("balances").values()) == {b"0"}
    await world.stop()


async def test_advancing_visits_each_due_instant_in_order() -> None:
    world = cluster()
    await world.start(T0)
    for number, due in enumerate((30, 10, 20)):
        send(world, "invoices", f"c{number}", amount=5, due=due)
    await world.advance(at(25))
    assert sorted(str(said["now"]) for said in messages(world)) == [
        at(10).isoformat(),
        at(20).isoformat(),
    ]
    assert world.next_due() == at(30)
    assert {status.now for status in world.status().values()} == {at(25)}
    await world.stop()


async def test_stateless_agents_answer() -> None:
    world = cluster()

    def answer(record: Record):  # type: ignore[no-untyped-def]  # noqa: ANN202
        yield "payments", record.key, orjson.dumps({"amount": 5}), ()

    world.attach("messages", answer)
    await world.start(T0)
    send(world, "invoices", "c", amount=5, due=0)
    await world.run_until_idle()
    assert world.row("balances", "c") == b"0"
    await world.stop()


async def test_the_same_input_twice_gives_the_same_log() -> None:
    async def history() -> list[Record]:
        world = cluster(Toy(), partitions=3)
        await world.start(T0)
        for number in range(200):
            send(world, "invoices", f"c{number % 17}", amount=number, due=number / 10)
            if number % 20 == 0:
                await world.advance(at(number / 10))
        await world.advance(at(60))
        await world.stop()
        return world.records("messages")

    assert await history() == await history()


async def test_rows_know_what_they_have_applied_even_if_the_group_forgets() -> None:
    world = cluster()
    await world.start(T0)
    for amount in (5, 6, 7):
        send(world, "invoices", "c", amount=amount)
    await world.run_until_idle()
    world.log.committed.clear()
    for partition in range(2):
        await world.crash(partition)
        world.assign(partition, at(1))
    await world.run_until_idle()
    assert world.row("balances", "c") == b"18"
    await world.stop()
