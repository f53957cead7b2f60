"""Rows of one table in one partition, in RocksDB through rocksdict. Implements `core.ports.Store`.

One block cache and one write buffer budget serve the whole process: RocksDB's defaults would take
gigabytes with a database for each table and partition.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DbClosedError,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from runtime.clock import epoch_s
from streams.core.ports import Changes

#: No row key is invalid UTF-8, so this can't collide with one, and it sorts behind all rows.
OFFSET_KEY = b"\xff\xffchangelog-offset"
MEBIBYTE = 1024 * 1024
ARENA_BYTES = 64 * 1024

StoreClosed = DbClosedError

#: What RocksDB says of files that can't be opened again. A held lock is none of these.
_DAMAGED = ("Corruption", "No such file")
#: RocksDB's properties that are not zero while it stops writes, or slows them down.
_HELD_UP = ("rocksdb.is-write-stopped", "rocksdb.actual-delayed-write-rate")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RocksMemory:
    """The memory all databases of this process share."""

    block_cache_mib: int = 192
    write_buffers_mib: int = 64
    write_buffer_mib: int = 8

    @cached_property
    def cache(self) -> Cache:
        return Cache(self.block_cache_mib * MEBIBYTE)

    @cached_property
    def write_buffers(self) -> WriteBufferManager:
        return WriteBufferManager.new_write_buffer_manager_with_cache(
            self.write_buffers_mib * MEBIBYTE, False, self.cache
        )

    def options(self) -> Options:
        """Options of one database that draws on the shared memory."""
        table = BlockBasedOptions()
        table.set_block_cache(self.cache)
        table.set_cache_index_and_filter_blocks(True)
        table.set_pin_l0_filter_and_index_blocks_in_cache(True)
        table.set_bloom_filter(10, block_based=False)
        # Index and filter of a large file weigh hundreds of KiB. Whole ones push each other out of
        # the cache: over six million rows a read then cost three times as much.
        table.set_index_type(BlockBasedIndexType.two_level_index_search())
        table.set_partition_filters(True)
        table.set_pin_top_level_index_and_filter(True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(table)
        options.set_write_buffer_manager(self.write_buffers)
        options.set_write_buffer_size(self.write_buffer_mib * MEBIBYTE)
        options.set_max_write_buffer_number(3)
        # Memory for rows is taken in pieces of this size. By default of a MiB: with as many stores
        # as the shared budget has MiB it was used up at once, and each write made a file.
        options.set_arena_block_size(ARENA_BYTES)
        # Most reads unpack a block; the library's default takes a third longer for the whole read.
        options.set_compression_type(DBCompressionType.lz4())
        options.set_max_open_files(256)
        # RocksDB's own diary: by default it grows without bound, by its figures every ten minutes.
        options.set_keep_log_file_num(2)
        options.set_max_log_file_size(MEBIBYTE)
        options.set_stats_dump_period_sec(0)
        options.set_max_total_wal_size(32 * MEBIBYTE)
        return options


class PartitionRows:
    """The rows of one table and partition. Written only after the log has committed them."""

    def __init__(self, path: Path, memory: RocksMemory) -> None:
        """Open or create the database, anew when it is damaged. Raises when its lock is held."""
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._options = memory
        self._db = self._opened()
        self._without_wal = WriteOptions()
        # A property, although rocksdict's stubs call it a method.
        setattr(self._without_wal, "disable_wal", True)  # noqa: B010

    def _opened(self) -> Rdict:
        try:
            return self._open()
        except Exception as error:  # rocksdict raises plain exceptions
            if not any(sign in str(error) for sign in _DAMAGED):
                raise
            logger.exception("%s is damaged: rebuilding it from the changelog", self.path)
            shutil.rmtree(self.path)
            self.path.mkdir()
            return self._open()

    def _open(self) -> Rdict:
        """With our options also where the files are there already.

        Without the second argument rocksdict would take those of the column family from the files:
        a cache of 8 MiB for each database instead of the shared one, and never a setting changed
        since.
        """
        options = self._options.options()
        return Rdict(str(self.path), options=options, column_families={"default": options})

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._db.get(key)
        return value

    def multi_get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        if not keys:
            return []
        return cast(list[bytes | None], self._db.get(list(keys)))

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Rows with start <= key < stop in key order. The iterator does not outlive the call."""
        read = ReadOptions()
        read.set_iterate_upper_bound(stop)
        rows: list[tuple[bytes, bytes]] = []
        found = cast(Iterator[tuple[bytes, bytes]], self._db.items(from_key=start, read_opt=read))
        for key, value in found:
            if key >= stop or len(rows) >= limit:
                break
            if key != OFFSET_KEY:
                rows.append((key, value))
        return rows

    def commit_rows(self, changes: Changes, changelog_offset: int) -> None:
        """Rows and offset in one WriteBatch: after a crash both are there or neither is."""
        self._db.write(_batch(changes, changelog_offset))

    def restore_rows(self, changes: Changes, changelog_offset: int) -> None:
        """As `commit_rows`, without the write-ahead log: for bulk restore. Call `flush` after."""
        self._db.write(_batch(changes, changelog_offset), self._without_wal)

    def changelog_offset(self) -> int | None:
        stored: bytes | None = self._db.get(OFFSET_KEY)
        return None if stored is None else int(stored.split(b" ")[0])

    def age_s(self) -> float:
        """Seconds since rows were last written, by this machine's clock; 0 for a new store."""
        stored: bytes | None = self._db.get(OFFSET_KEY)
        return 0.0 if stored is None else max(0.0, epoch_s() - int(stored.split(b" ")[1]))

    def is_held_up(self) -> bool:
        """Whether RocksDB would make a write wait, because its compactions have fallen behind."""
        return any(self._db.property_int_value(name) for name in _HELD_UP)

    def flush(self) -> None:
        self._db.flush()

    def clear(self) -> None:
        """Throw all rows away: the changelog will rebuild them."""
        self._db.close()
        Rdict.destroy(str(self.path))
        self._db = self._opened()

    def close(self) -> None:
        self._db.close()


def _batch(changes: Changes, changelog_offset: int) -> WriteBatch:
    batch = WriteBatch(raw_mode=True)
    for key, value in changes.items():
        if value is None:
            batch.delete(key)
        else:
            batch.put(key, value)
    batch.put(OFFSET_KEY, b"%d %d" % (changelog_offset, int(epoch_s())))
    return batch
