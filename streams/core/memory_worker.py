"""The log in memory as a worker sees it: one transaction for all its lanes, fenced by the group.

The rules are those of `streams.kafka_log` on a broker: the transactional id is the worker's own, so
it fences only itself; everybody else is kept out by the group, which takes positions only from a
member of the present generation; and who gets partitions first ends what others left open in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from streams.core.group_commit import Batch, GroupCommit
from streams.core.memory import MemoryLog
from streams.core.memory_transaction import Transaction
from streams.core.ports import BatchAborted, Changes, Fenced
from streams.core.records import Output

Step = Callable[[str], Awaitable[None]]
"""Awaited at each step of a transaction, by name; what it raises is the failure that is injected.

`begun`, `written`, `positioned` (all may raise `BatchAborted`), `committed`.
"""


async def _no_step(name: str) -> None:
    """Let the world move, as a network would."""
    del name
    await asyncio.sleep(0)


@dataclass(slots=True)
class MemoryGroup:
    """A consumer group as its broker knows it."""

    generation: int = 0
    members: set[str] = field(default_factory=set)
    epochs: dict[str, int] = field(default_factory=dict)
    """Of each transactional id: who uses an older one is fenced."""

    def takes(self, member: str, generation: int) -> bool:
        """Whether positions of this member, in this generation, are accepted."""
        return generation == self.generation and member in self.members


class MemoryWorker:
    """The transactions of one process. `init` once, `owned_as` for each assignment."""

    def __init__(
        self, log: MemoryLog, group: MemoryGroup, name: str, step: Step = _no_step
    ) -> None:
        self._log = log
        self._group = group
        self._name = name
        self._step = step
        self._epoch = 0
        self._together: GroupCommit | None = None

    def init(self) -> None:
        """End what an earlier process of this name left open, and fence it."""
        self._epoch = self._fence(self._name)

    def owned_as(self, generation: int, partitions: Sequence[int]) -> None:
        """Partitions that are opened from here on are committed in this generation.

        Those opened before keep theirs, whatever has become of it. Ends what former owners of the
        partitions left open in them: until then nothing that is read of their rows and positions
        is final.
        """
        if not self._group.takes(self._name, generation):
            raise Fenced(f"the group does not know {self._name} in generation {generation}")
        self._together = GroupCommit(partial(self._transact, generation))
        for transaction in tuple(self._log.open):
            if transaction.owner != self._name and transaction.partitions & set(partitions):
                self._fence(transaction.owner)

    @property
    def turns(self) -> GroupCommit:
        """Of the lanes that are opened now."""
        if self._together is None:
            raise RuntimeError("a partition was opened before any was assigned")
        return self._together

    def partition(self, partition: int) -> MemoryPartition:
        """The log for one partition's lane."""
        return MemoryPartition(self, self.turns, partition)

    async def end_offsets(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        await self._step("asked")
        ends = {topic: self._log.end_offset(topic, partition) for topic in topics}
        await self._step("answered")
        return ends

    async def settle(self) -> None:
        """Wait until no transaction is under way or waited for."""
        if self._together is not None:
            await self._together.settle()

    def _fence(self, owner: str) -> int:
        epoch = self._group.epochs[owner] = self._group.epochs.get(owner, 0) + 1
        for transaction in tuple(self._log.open):
            if transaction.owner == owner:
                transaction.abort()
        return epoch

    async def _transact(self, generation: int, batches: Sequence[Batch]) -> list[dict[str, int]]:
        self._check_epoch()
        transaction = Transaction(self._log, self._name)
        try:
            await self._step("begun")
            self._check_epoch()
            ends = [transaction.write(batch) for batch in batches]
            await self._step("written")
            if not self._group.takes(self._name, generation):
                raise Fenced(f"generation {generation} of {self._name} is over")
            await self._step("positioned")
        except (BatchAborted, Fenced):
            if transaction.state == "open":
                transaction.abort()
            raise
        self._check_epoch()
        transaction.commit()
        await self._step("committed")
        return ends

    def _check_epoch(self) -> None:
        if self._group.epochs[self._name] != self._epoch:
            raise Fenced(f"{self._name} has been started again, or its partitions have been taken")


class MemoryPartition:
    """One partition's lane as the log sees it. Implements `streams.core.ports.Log`."""

    def __init__(self, worker: MemoryWorker, together: GroupCommit, partition: int) -> None:
        self._worker = worker
        self._together = together
        self._partition = partition

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        return await self._worker.end_offsets(topics, self._partition)

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        return await self._together.commit(Batch(self._partition, outputs, changes, offsets))
