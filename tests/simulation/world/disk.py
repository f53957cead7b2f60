"""What is on the disk of a worker, whichever of its lives writes there."""

from __future__ import annotations

from collections.abc import Sequence

from streams.core.memory_store import MemoryStore
from streams.core.ports import Changes
from tests.simulation.world.scene import Scene


class DiskStore(MemoryStore):
    """Rows of one table and partition on a worker's disk; the process may die at each step."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    def multi_get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self._scene.gate_now("rows.read")
        return super().multi_get(keys)

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        self._scene.gate_now("rows.scan")
        return super().scan(start, stop, limit)

    def commit_rows(self, changes: Changes, changelog_offset: int) -> None:
        self._scene.gate_now("store.before")
        super().commit_rows(changes, changelog_offset)
        self._scene.gate_now("store.between")


Disk = dict[int, dict[str, DiskStore]]
