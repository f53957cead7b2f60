"""Whether anything is left to do in a world, and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.world.group import Coordinator
from tests.simulation.world.scene import Scene
from tests.simulation.world.worker import CHECK_REQUESTS, TICKS


class Rest:
    """Looks at the log, at the lanes and at how far everybody has committed."""

    def __init__(
        self,
        scene: Scene,
        topics: Sequence[str],
        group: Coordinator,
        channel_groups: Mapping[str, Coordinator],
        offsets: Mapping[str, Mapping[Any, int]],
    ) -> None:
        """`topics`: those of the lanes. `offsets`: what dispatchers committed, by channel."""
        self._scene = scene
        self._topics = topics
        self._group = group
        self._channel_groups = channel_groups
        self._offsets = offsets
        self._suspect = 0

    async def quiet(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; False when the time is over."""
        loop = self._scene.loop
        began = loop.time()
        while self.unrest() != "":
            waited = loop.time() - began
            if waited > timeout_s:
                return False
            await loop.nap(min(0.5, 0.05 + waited * 0.1))
        return True

    def unrest(self) -> str:
        """What is not done yet, in words; nothing when all is."""
        groups = (self._group, *self._channel_groups.values())
        if not all(group.settled for group in groups):
            return "a group is being rebalanced"
        return self._of_workers() or self._of_dispatchers()

    def _of_workers(self) -> str:
        log = self._scene.log
        if log.open:
            return f"open transactions: {[one.owner for one in log.open]}"
        partitions = range(self._scene.plan.partitions)
        for partition in (self._suspect, *partitions):  # that of the last time first
            if (why := self._of_partition(partition)) != "":
                self._suspect = partition
                return why
        return ""

    def _of_partition(self, partition: int) -> str:
        log = self._scene.log
        owner: Any = self._group.owners.get(partition)
        if owner is None or partition not in owner.lanes:
            return f"nobody owns partition {partition}"
        lane = owner.lanes[partition].status()
        if not lane.is_open or not lane.is_idle or lane.pending_looks:
            return f"lane {partition} is busy: {lane}"
        for topic in (TICKS, *self._topics):
            end = log.stable_end(topic, partition)
            if lane.applied.get(topic, 0) < end:
                return f"{topic}[{partition}]: {lane.applied.get(topic)} of {end}"
        end = log.stable_end(CHECK_REQUESTS, partition)
        if log.committed.get((CHECK_REQUESTS, partition), 0) < end:
            return f"{CHECK_REQUESTS}[{partition}]: not all committed"
        return ""

    def _of_dispatchers(self) -> str:
        for channel, offsets in self._offsets.items():
            topic = f"messages.{channel}"
            for partition in range(self._scene.plan.partitions):
                slots = self._scene.log.slots(topic, partition)
                # Markers at the end are committed with the next record: look at records alone.
                last = next((r.offset + 1 for r in reversed(slots) if r is not None), 0)
                if offsets.get((topic, partition), 0) < last:
                    return f"{topic}[{partition}]: not all committed"
        return ""
