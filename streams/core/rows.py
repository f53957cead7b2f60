"""The rows a batch works on: its own writes over the stores, which stay as they are."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import cast

from streams.core.ports import Store

_ABSENT = object()


class _Overlay:
    """One table: `base` is what was read from the store, `written` what the batch wrote."""

    __slots__ = ("base", "order", "store", "undo", "written")

    def __init__(self, store: Store, undo: list[tuple[_Overlay, bytes, object]]) -> None:
        self.store = store
        self.undo = undo  # shared by all tables: (table, key, what was written before)
        self.base: dict[bytes, bytes | None] = {}
        self.written: dict[bytes, bytes | None] = {}
        self.order: list[bytes] | None = None  # written keys, sorted; made by the first scan

    def get(self, key: bytes) -> bytes | None:
        if key in self.written:
            return self.written[key]
        if key not in self.base:
            self.base[key] = self.store.get(key)
        return self.base[key]

    def write(self, key: bytes, value: bytes | None) -> None:
        self.undo.append((self, key, self.written.get(key, _ABSENT)))
        if self.order is not None and key not in self.written:
            insort(self.order, key)
        self.written[key] = value

    def write_back(self, key: bytes, before: object) -> None:
        if before is not _ABSENT:
            self.written[key] = cast(bytes | None, before)
            return
        del self.written[key]
        if self.order is not None:
            del self.order[bisect_left(self.order, key)]

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        if self.order is None:
            self.order = sorted(self.written)
        mine = self.order[bisect_left(self.order, start) : bisect_left(self.order, stop)]
        # Each written key may hide one stored row, so that many more are read than asked for.
        merged: dict[bytes, bytes | None] = dict(self.store.scan(start, stop, limit + len(mine)))
        merged.update((key, self.written[key]) for key in mine)
        rows = sorted((key, row) for key, row in merged.items() if row is not None)
        return rows[:limit]

    def changes(self) -> dict[bytes, bytes | None]:
        return {
            key: row
            for key, row in self.written.items()
            if self.base.get(key, _ABSENT) != row  # a row put back as it was is no change
        }


class Rows:
    """Reads see the batch's writes; the stores are never written. Used for one batch only."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._stores = stores
        self._undo: list[tuple[_Overlay, bytes, object]] = []
        self._tables = {name: _Overlay(store, self._undo) for name, store in stores.items()}

    def savepoint(self) -> None:
        """Where `rollback` goes back to. There is one; a new one replaces it."""
        self._undo.clear()

    def rollback(self) -> None:
        """Undo what was written since the savepoint."""
        while self._undo:
            table, key, before = self._undo.pop()
            table.write_back(key, before)

    def prefetch(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Read many (table, key) with one multi-get per table. Only saves time."""
        missing: dict[str, dict[bytes, None]] = {}
        for table, key in wanted:
            name = key.encode()
            if name not in self._tables[table].base:
                missing.setdefault(table, {})[name] = None
        for table, keys in missing.items():
            names = list(keys)
            found = self._stores[table].multi_get(names)
            self._tables[table].base.update(zip(names, found, strict=True))

    def get(self, table: str, key: str) -> bytes | None:
        return self._tables[table].get(key.encode())

    def put(self, table: str, key: str, value: bytes) -> None:
        self._tables[table].write(key.encode(), value)

    def delete(self, table: str, key: str) -> None:
        self._tables[table].write(key.encode(), None)

    def scan(self, table: str, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Rows with start <= key < stop in key order, the batch's writes and deletes applied."""
        return self._tables[table].scan(start, stop, limit)

    def scan_stored(
        self, table: str, start: bytes, stop: bytes, limit: int
    ) -> list[tuple[bytes, bytes]]:
        """The same without the batch's writes; what is read here needn't be read again."""
        overlay = self._tables[table]
        found = overlay.store.scan(start, stop, limit)
        overlay.base.update(found)
        return found

    def changes(self) -> dict[str, dict[bytes, bytes | None]]:
        """What differs from the stores, by table; None is a deleted row. Order is deterministic."""
        changed = {name: overlay.changes() for name, overlay in self._tables.items()}
        return {name: rows for name, rows in changed.items() if rows}
