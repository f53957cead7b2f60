"""A consumer group's coordinator: who is a member, and which partitions belong to whom."""

from __future__ import annotations

import asyncio
from typing import Protocol

from streams.core.memory_worker import MemoryGroup
from tests.simulation.world.process import Process
from tests.simulation.world.scene import SESSION_S, Scene

_REVOKE_S_MAX = 10.0


class Member(Protocol):
    """A process in a group. Both may be killed, paused or raise (then the process ends)."""

    name: str
    process: Process

    async def take(self, generation: int, partitions: list[int]) -> None: ...

    async def let_go(self) -> None: ...


class Coordinator:
    """Eager rebalancing: everybody lets go, then partitions are dealt out anew."""

    def __init__(self, scene: Scene, group: MemoryGroup) -> None:
        self._scene = scene
        self.group = group
        self.members: dict[str, Member] = {}
        self.owners: dict[int, Member] = {}
        self._dirty = asyncio.Event()
        self.settled = False

    def join(self, member: Member) -> None:
        """A new member, or one of the same name that was started again."""
        self.members[member.name] = member
        self.disturb()

    def leave(self, member: Member) -> None:
        if self.members.get(member.name) is member:
            del self.members[member.name]
            self.disturb()

    def disturb(self) -> None:
        """Rebalance soon."""
        self.settled = False
        self._dirty.set()

    def ended(self, member: Member) -> None:
        """Its heart beats no more; the group notices when its session is over."""
        self._scene.later(self._scene.rng.uniform(0, SESSION_S), self.leave, member)

    def resumed(self, member: Member) -> None:
        """It was paused. If the group has gone on without it, it learns so a little later."""
        if self.members.get(member.name) is not member:
            member.process.spawn(self._return(member))

    async def _return(self, member: Member) -> None:
        await asyncio.sleep(self._scene.rng.uniform(0, 3))
        await member.let_go()
        self.join(member)

    async def run(self) -> None:
        while True:
            await self._dirty.wait()
            slow = self._scene.chaos.at("group.join")
            await asyncio.sleep(3.0 if slow else self._scene.rng.uniform(0.01, 0.3))
            self._dirty.clear()
            await self._rebalance()
            self.settled = not self._dirty.is_set()

    async def _rebalance(self) -> None:
        await self._everybody_lets_go()
        self.owners = {}
        for member in [m for m in self.members.values() if not m.process.alive]:
            del self.members[member.name]
        self.group.generation += 1
        self.group.members = set(self.members)
        if not self.members:
            return
        members = list(self.members.values())
        self._scene.rng.shuffle(members)
        dealt: dict[str, list[int]] = {member.name: [] for member in members}
        for partition in range(self._scene.plan.partitions):
            owner = members[partition % len(members)]
            dealt[owner.name].append(partition)
            self.owners[partition] = owner
        self._scene.tell(f"generation {self.group.generation}: {dealt}")
        for member in members:
            member.process.spawn(self._assign(member, dealt[member.name]))

    async def _everybody_lets_go(self) -> None:
        """Who does not in time is a member no longer, and learns of it when it looks."""
        leaving = {
            member.process.spawn(self._revoke(member)): member for member in self.members.values()
        }
        until = self._scene.loop.time() + _REVOKE_S_MAX
        while waiting := [t for t, m in leaving.items() if not t.done() and m.process.alive]:
            if self._scene.loop.time() >= until:
                break
            await asyncio.wait(waiting, timeout=0.25, return_when=asyncio.FIRST_COMPLETED)
        for task, member in leaving.items():
            if not task.done() and self.members.get(member.name) is member:
                del self.members[member.name]
                if member.process.alive and not member.process.paused:
                    member.process.spawn(self._return(member))

    async def _revoke(self, member: Member) -> None:
        try:
            await member.let_go()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends of it
            self._scene.crash(member.process, error)

    async def _assign(self, member: Member, partitions: list[int]) -> None:
        try:
            await member.take(self.group.generation, partitions)
        except Exception as error:  # noqa: BLE001 - the same
            self._scene.crash(member.process, error)
