"""Several lanes, one transaction: who shares one, and what befalls them together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

import pytest

from streams.core.group_commit import Batch, GroupCommit
from streams.core.ports import BatchAborted
from streams.membership import Membership


class Transactions:
    """Each waits until it is let through; the next may be told to fail."""

    def __init__(self) -> None:
        self.partitions: list[list[int]] = []
        self.at_once = 0
        self.gate = asyncio.Semaphore(0)
        self.failure: Exception | None = None

    async def transact(self, batches: Sequence[Batch]) -> list[dict[str, int]]:
        assert self.at_once == 0, "two transactions at a time"
        self.at_once += 1
        self.partitions.append([batch.partition for batch in batches])
        try:
            await self.gate.acquire()
            if self.failure is not None:
                raise self.failure
            return [{"rows": batch.partition * 10} for batch in batches]
        finally:
            self.at_once -= 1


def _batch(partition: int) -> Batch:
    return Batch(partition, (), {}, {"payments": 1})


async def test_what_waits_while_one_runs_shares_the_next() -> None:
    """The first goes at once; everybody gets what is theirs."""
    log = Transactions()
    together = GroupCommit(log.transact)
    first = asyncio.create_task(together.commit(_batch(0)))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(together.commit(_batch(partition))) for partition in (1, 2, 3)]
    await asyncio.sleep(0.01)
    assert log.partitions == [[0]]
    log.gate.release()
    assert await first == {"rows": 0}
    log.gate.release()
    assert await asyncio.gather(*others) == [{"rows": 10}, {"rows": 20}, {"rows": 30}]
    assert log.partitions == [[0], [1, 2, 3]]


async def test_a_failure_befalls_everybody_in_it_and_nobody_else() -> None:
    """Aborted ones come again and are committed."""
    log = Transactions()
    log.failure = BatchAborted("no")
    together = GroupCommit(log.transact)
    tries = [asyncio.create_task(together.commit(_batch(partition))) for partition in (0, 1)]
    await asyncio.sleep(0.01)
    later = asyncio.create_task(together.commit(_batch(2)))
    await asyncio.sleep(0.01)
    log.gate.release()
    for aborted in tries:
        with pytest.raises(BatchAborted):
            await aborted
    log.failure = None
    log.gate.release()
    assert await later == {"rows": 20}
    log.gate.release()
    assert await together.commit(_batch(0)) == {"rows": 0}


async def test_who_gives_up_waiting_takes_nobody_along() -> None:
    """A cancelled lane's batch is committed all the same, as with a crash after the send."""
    log = Transactions()
    together = GroupCommit(log.transact)
    gone = asyncio.create_task(together.commit(_batch(0)))
    stays = asyncio.create_task(together.commit(_batch(1)))
    await asyncio.sleep(0.01)
    gone.cancel()
    log.gate.release()
    assert await stays == {"rows": 10}
    await together.settle()
    assert log.partitions == [[0, 1]]


async def test_settled_when_nobody_waits() -> None:
    """Also those that wait for the next transaction are waited for."""
    log = Transactions()
    together = GroupCommit(log.transact)
    await together.settle()
    committing = [asyncio.create_task(together.commit(_batch(0)))]
    await asyncio.sleep(0.01)
    committing.append(asyncio.create_task(together.commit(_batch(1))))
    settling = asyncio.create_task(together.settle())
    for _ in range(2):
        await asyncio.sleep(0.01)
        assert not settling.done()
        log.gate.release()
    await asyncio.wait_for(settling, 1)
    await asyncio.gather(*committing)


@pytest.mark.parametrize(
    ("member", "stands"),
    [
        (Membership("g", 3, "w1-abc", "w1"), True),
        (Membership("g", 0, "m"), True),
        (Membership("g", -1, "w1-abc", "w1"), False),
        (Membership("g", 3, "", "w1"), False),
    ],
)
def test_a_membership_that_the_group_took_back_does_not_stand(
    member: Membership, stands: bool
) -> None:
    """Aiokafka says so with generation -1 and no member."""
    assert member.stands is stands


async def test_lanes_that_take_turns_share_one_transaction() -> None:
    """The slow one is waited for; who comes while it runs folds only when it has ended."""
    log = Transactions()
    together = GroupCommit(log.transact)
    folded: list[int] = []

    async def lane(partition: int, fold_s: float) -> dict[str, int]:
        await together.enter()
        await asyncio.sleep(fold_s)
        folded.append(partition)
        together.leave()
        return await together.commit(_batch(partition))

    first = [asyncio.create_task(lane(0, 0)), asyncio.create_task(lane(1, 0.02))]
    await asyncio.sleep(0.05)
    assert log.partitions == [[0, 1]]
    later = [asyncio.create_task(lane(2, 0.01)), asyncio.create_task(lane(3, 0))]
    await asyncio.sleep(0.02)
    assert folded == [0, 1]
    again = asyncio.create_task(_in_turn_after(first[0], lane(4, 0)))
    log.gate.release()
    await asyncio.sleep(0.05)
    assert set(folded) == {0, 1, 2, 3, 4}
    log.gate.release()
    await asyncio.gather(*first, *later, again)
    assert [set(partitions) for partitions in log.partitions] == [{0, 1}, {2, 3, 4}]


async def _in_turn_after(
    committed: asyncio.Task[dict[str, int]], lane: Coroutine[None, None, dict[str, int]]
) -> None:
    """A lane whose commit has just been answered folds again at once, with those who waited."""
    await committed
    await lane


async def test_who_has_nothing_to_commit_holds_nobody_up() -> None:
    """The transaction begins when the last one has left, with empty hands or not."""
    log = Transactions()
    together = GroupCommit(log.transact)
    await together.enter()
    committing = asyncio.create_task(together.commit(_batch(0)))
    await asyncio.sleep(0.01)
    assert log.partitions == []
    together.leave()
    log.gate.release()
    assert await asyncio.wait_for(committing, 1) == {"rows": 0}


@pytest.mark.parametrize("steps", range(8))
async def test_who_is_cancelled_while_it_waits_for_its_turn_holds_nobody_up(steps: int) -> None:
    """At whichever step of the loop it happens: before it is let in, while it is, afterwards."""
    log = Transactions()
    together = GroupCommit(log.transact)
    committing = asyncio.create_task(together.commit(_batch(0)))
    await asyncio.sleep(0.01)
    outside = asyncio.create_task(together.enter())
    await asyncio.sleep(0)
    log.gate.release()
    for _ in range(steps):
        await asyncio.sleep(0)
    outside.cancel()
    await asyncio.wait({outside, committing})
    if not outside.cancelled():
        together.leave()
    log.gate.release()
    assert await asyncio.wait_for(together.commit(_batch(1)), 1) == {"rows": 10}
