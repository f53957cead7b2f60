"""Rows of one table in one partition, in memory: sorted keys, and never ahead of the changelog."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence

from streams.core.ports import Changes


class MemoryStore:
    """Rows of one table in one partition. Implements `streams.core.ports.Store`."""

    def __init__(self, before_commit_rows: Callable[[], None] = lambda: None) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._offset: int | None = None
        self.before_commit_rows = before_commit_rows

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def multi_get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self._rows.get(key) for key in keys]

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        first, end = bisect_left(self._keys, start), bisect_left(self._keys, stop)
        return [(key, self._rows[key]) for key in self._keys[first : min(end, first + limit)]]

    def commit_rows(self, changes: Changes, changelog_offset: int) -> None:
        self.before_commit_rows()
        for key, row in changes.items():
            self._write(key, row)
        self._offset = changelog_offset

    def changelog_offset(self) -> int | None:
        return self._offset

    def restore(self, changelog: Sequence[tuple[bytes, bytes | None] | None]) -> None:
        """Apply what the changelog holds beyond the stored offset, as recovery does."""
        start = 0 if self._offset is None else self._offset + 1
        for offset in range(start, len(changelog)):
            entry = changelog[offset]
            if entry is not None:
                self._write(*entry)
                self._offset = offset

    def items(self) -> list[tuple[bytes, bytes]]:
        return [(key, self._rows[key]) for key in self._keys]

    def _write(self, key: bytes, row: bytes | None) -> None:
        known = key in self._rows
        if row is not None:
            self._rows[key] = row
            if not known:
                insort(self._keys, key)
        elif known:
            del self._rows[key]
            del self._keys[bisect_left(self._keys, key)]
