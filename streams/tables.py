"""Faust's view of our tables: registered and assigned by Faust, written by lanes only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

from faust.stores.base import SerializedStore
from faust.tables.table import Table as FaustTable
from faust.types import TP

if TYPE_CHECKING:
    from streams.app import DunnockApp
    from streams.rocks import PartitionRows

_SCAN_ROWS = 1_000
_AFTER_ALL_ROWS = b"\xff"


class DirectWriteRefused(TypeError):
    """A write that would bypass the transaction of the lane."""


def _refuse(name: str) -> NoReturn:
    raise DirectWriteRefused(
        f"table {name!r} is written by its lane's transaction only: use Context.put in a Logic"
    )


class Store(SerializedStore[bytes, bytes]):
    """Read access to the open partitions of a table. Keys and values are bytes."""

    @property
    def _partitions(self) -> Iterable[PartitionRows]:
        return cast("DunnockApp", self.app).stores.opened(self.table_name)

    def persisted_offset(self, tp: TP) -> int | None:
        stores = cast("DunnockApp", self.app).stores
        return stores.rows(self.table_name, tp.partition).changelog_offset()

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Nothing: the engine closes what is revoked, and stores open on first use."""

    def apply_changelog_batch(
        self,
        batch: Iterable[Any],
        to_key: Callable[[Any], Any],
        to_value: Callable[[Any], Any],
    ) -> None:
        """Changelogs are restored in bulk: an event that comes this way is a defect."""
        if any(True for _ in batch):
            raise RuntimeError(f"changelog event of {self.table_name} reached Faust's recovery")

    def _get(self, key: bytes) -> bytes | None:
        return next((value for rows in self._partitions if (value := rows.get(key))), None)

    def _contains(self, key: bytes) -> bool:
        return self._get(key) is not None

    def _iteritems(self) -> Iterator[tuple[bytes, bytes]]:
        for rows in self._partitions:
            start = b""
            while found := rows.scan(start, _AFTER_ALL_ROWS, _SCAN_ROWS):
                yield from found
                start = found[-1][0] + b"\0"

    def _iterkeys(self) -> Iterator[bytes]:
        return (key for key, _ in self._iteritems())

    def _itervalues(self) -> Iterator[bytes]:
        return (value for _, value in self._iteritems())

    def _size(self) -> int:
        return sum(1 for _ in self._iteritems())

    def _set(self, key: bytes, value: bytes | None) -> None:
        _refuse(self.table_name)

    def _del(self, key: bytes) -> None:
        _refuse(self.table_name)

    def _clear(self) -> None:
        _refuse(self.table_name)

    async def backup_partition(self, tp: TP | int, *_: Any, **__: Any) -> None:
        """There are no backups of local rows: the changelog is the backup."""
        raise NotImplementedError("the changelog is the backup")

    def restore_backup(self, tp: TP | int, *_: Any, **__: Any) -> None:
        """See `backup_partition`."""
        raise NotImplementedError("the changelog is the backup")

    def reset_state(self) -> None:
        """Local rows are thrown away by `dunnock` itself, never by Faust's `reset` command."""
        _refuse(self.table_name)


class Table(FaustTable[bytes, bytes]):
    """A Faust table whose `table[key] = value` raises: it would bypass the transaction."""

    def _new_store(self) -> Store:
        return Store(
            "rocksdict://",
            self.app,
            self,
            table_name=self.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            loop=self.loop,
        )

    def on_key_set(self, key: Any, value: Any) -> None:
        _refuse(self.name)

    def on_key_del(self, key: Any) -> None:
        _refuse(self.name)

    def on_clear(self) -> None:
        _refuse(self.name)
