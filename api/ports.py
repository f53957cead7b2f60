"""What the web process needs of the rest of the product; the tests bring their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from tables.live_rows import LiveRow
from tables.partition_status import PartitionStatus

#: How far the log goes: partition -> topic (without prefix) -> offset.
Ends = Mapping[int, Mapping[str, int]]


class Rows(Protocol):
    """Live rows of the stateful tables."""

    async def get(
        self, table: str, key: str, partition_key: str | None = None
    ) -> LiveRow | None: ...

    async def find(self, table: str, key: str) -> LiveRow | None: ...


class Statuses(Protocol):
    """How far every partition is."""

    @property
    def partitions(self) -> int: ...

    async def read(self) -> dict[int, PartitionStatus]: ...


class Log(Protocol):
    """Writing to the log, and asking how far it goes and how far it has been read."""

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int: ...

    async def end_offsets(
        self, topics: Iterable[str], partitions: int, *, stable: bool = False
    ) -> Ends: ...

    async def committed(self, group: str, topic: str) -> Mapping[int, int]: ...


class ClockRow(Protocol):
    """Where the simulated clock keeps its time."""

    async def now(self) -> datetime: ...

    async def move_to(self, instant: datetime) -> None: ...


class Dispatching(Protocol):
    """Waits for what leaves the house; False when it takes too long."""

    async def settle(self) -> bool: ...
