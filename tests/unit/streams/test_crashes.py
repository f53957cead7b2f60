"""A crash at each step of a batch: nothing is lost, nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from streams.core.cluster import MemoryCluster
from streams.core.ports import BatchAborted
from tests.unit.streams.toy import T0, Boom, Toy, at, cluster, messages, send

STEPS = ["logic", "before_commit", "after_commit", "engine", "timers", "balances", "end_offsets"]


class Failing(Toy):
    """Fails once, in the middle of a batch, when told to."""

    fail = False

    def on_record(self, record, ctx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        super().on_record(record, ctx)
        if self.fail and record.value == b'{"amount":30}':
            self.fail = False
            raise Boom


def crash_at(world: MemoryCluster, toy: Failing, step: str) -> None:
    """Let the next pass of `step` fail in every partition that comes by, once each."""
    failed: set[object] = set()

    def once(partition: int) -> None:
        if partition not in failed:
            failed.add(partition)
            raise Boom(step)

    if step == "logic":
        toy.fail = True
    elif step in ("before_commit", "after_commit"):
        setattr(world.log, step, once)
    elif step == "end_offsets":
        world.log.before_end_offsets = once
    else:
        for partition, stores in world.stores.items():
            stores[step].before_commit_rows = lambda partition=partition: once(partition)  # type: ignore[misc]


@pytest.mark.parametrize("disk_lost", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_changes_nothing_in_the_end(step: str, disk_lost: bool) -> None:
    toy = Failing()
    world = cluster(toy)
    await world.start(T0)
    for number in range(20):
        send(world, "invoices", f"c{number}", amount=50)
    await world.run_until_idle()
    crash_at(world, toy, step)
    for number in range(20):
        send(world, "invoices", f"c{number}", amount=30)
        send(world, "invoices", f"c{number}", amount=5, due=0)
        send(world, "payments", f"c{number}", amount=10)
    await world.run_until_idle()
    assert world.failures, "the crash was not injected"
    while world.failures:
        for partition in list(world.failures):
            await world.crash(partition)
            world.assign(partition, at(1), disk_lost=disk_lost)
        await world.run_until_idle()
    assert set(world.rows("balances").values()) == {b"75"}
    assert Counter(str(said["key"]) for said in messages(world)) == {f"c{n}": 1 for n in range(20)}
    assert {said["balance"] for said in messages(world)} == {75}
    await world.stop()


@pytest.mark.parametrize("seed", range(20))
async def test_random_crashes_and_aborts(seed: int) -> None:
    """Every customer gets the right balance and each reminder is said once."""
    random = Random(seed)
    world = cluster(Toy(), partitions=3)
    await world.start(T0)

    def trouble(partition: int) -> None:
        if random.random() < 0.1:
            raise random.choice((BatchAborted, Boom))

    def unheard(partition: int) -> None:
        if random.random() < 0.05:
            raise Boom  # never BatchAborted: the transaction stands

    world.log.before_commit = trouble
    world.log.after_commit = unheard
    world.log.before_end_offsets = trouble
    owed: Counter[str] = Counter()
    for second in range(1, 40):
        customer = f"c{random.randrange(12)}"
        amount = random.randrange(1, 9)
        if random.random() < 0.7:
            send(world, "invoices", customer, amount=amount, due=second + 2)
            owed[customer] += amount
        else:
            send(world, "payments", customer, amount=amount)
            owed[customer] -= amount
        world.tick(at(second))
        await world.run_until_idle()
        for partition in list(world.failures):
            await world.crash(partition)
            world.assign(partition, at(second), disk_lost=random.random() < 0.3)
    for name in ("before_commit", "after_commit", "before_end_offsets"):
        setattr(world.log, name, lambda partition: None)
    for partition in range(3):
        await world.crash(partition)
        world.assign(partition, at(60))
    await world.run_until_idle()
    assert {k: int(v) for k, v in world.rows("balances").items()} == dict(owed)
    said = [(message["key"], message["now"], str(message["look"])) for message in messages(world)]
    assert len(said) == len(set(said))
    assert world.rows("timers") == {}
    await world.stop()
