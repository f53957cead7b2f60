"""The local stores of this worker: one RocksDB for each table and owned partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from streams.rocks import PartitionRows, RocksMemory


class LocalStores:
    """Opens on first use, closes when the partition is revoked. For one thread only."""

    def __init__(self, directory: Path, memory: RocksMemory | None = None) -> None:
        self._directory = directory
        self._memory = memory or RocksMemory()
        self._open: dict[tuple[str, int], PartitionRows] = {}

    def apart(self) -> LocalStores:
        """The same directory and memory, but what one opens the other does not see."""
        return LocalStores(self._directory, self._memory)

    def rows(self, table: str, partition: int) -> PartitionRows:
        """The store, opened if need be. Raises when another process has its directory."""
        found = self._open.get((table, partition))
        if found is None:
            path = self._directory / table / str(partition)
            found = self._open[table, partition] = PartitionRows(path, self._memory)
        return found

    def opened(self, table: str) -> Iterator[PartitionRows]:
        """The open stores of a table."""
        for (name, _), rows in list(self._open.items()):
            if name == table:
                yield rows

    def close(self, partitions: Iterable[int] | None = None) -> None:
        """Close the stores of these partitions, or all."""
        wanted = None if partitions is None else set(partitions)
        for table, partition in list(self._open):
            if wanted is None or partition in wanted:
                self._open.pop((table, partition)).close()
