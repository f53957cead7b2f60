"""The store in RocksDB: what `core.ports.Store` promises, and what a crash leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.rocks import OFFSET_KEY, PartitionRows, RocksMemory, StoreClosed
from streams.stores import LocalStores


def test_rows_and_offset_are_written_together(tmp_path: Path) -> None:
    """And read back after the store was closed; a deleted row is gone."""
    rows = PartitionRows(tmp_path, RocksMemory())
    assert rows.changelog_offset() is None
    rows.commit_rows({b"a": b"1", b"b": b"2"}, 7)
    rows.commit_rows({b"a": None, b"c": b"3"}, 9)
    rows.close()
    again = PartitionRows(tmp_path, RocksMemory())
    assert again.changelog_offset() == 9
    assert again.multi_get([b"a", b"b", b"c"]) == [None, b"2", b"3"]
    assert again.multi_get([]) == []
    again.close()


def test_a_scan_is_ordered_bounded_and_never_shows_the_offset(tmp_path: Path) -> None:
    """Start <= key < stop, at most `limit` rows."""
    rows = PartitionRows(tmp_path, RocksMemory())
    rows.commit_rows({b"%03d" % number: b"" for number in range(100)}, 0)
    assert [key for key, _ in rows.scan(b"010", b"013", 50)] == [b"010", b"011", b"012"]
    assert len(rows.scan(b"", b"\xff", 10)) == 10
    assert OFFSET_KEY not in dict(rows.scan(b"", b"\xff\xff\xff", 1_000))
    rows.close()


def test_a_damaged_store_starts_afresh(tmp_path: Path) -> None:
    """The changelog is the truth: a broken disk file must not stop a worker for ever."""
    rows = PartitionRows(tmp_path, RocksMemory())
    rows.commit_rows({b"a": b"1"}, 1)
    rows.close()
    next(tmp_path.glob("MANIFEST-*")).write_bytes(b"nonsense")
    again = PartitionRows(tmp_path, RocksMemory())
    assert again.changelog_offset() is None
    assert again.get(b"a") is None
    again.close()


def test_a_store_in_use_is_not_taken_for_damaged(tmp_path: Path) -> None:
    """Two owners of one directory: the second is refused, the first keeps its rows."""
    first = PartitionRows(tmp_path, RocksMemory())
    first.commit_rows({b"a": b"1"}, 1)
    with pytest.raises(Exception, match="[Ll]ock"):
        PartitionRows(tmp_path, RocksMemory())
    assert first.get(b"a") == b"1"
    first.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Whoever still asks must not read stale rows."""
    stores = LocalStores(tmp_path)
    rows = stores.rows("cases", 3)
    assert list(stores.opened("cases")) == [rows]
    stores.close([3])
    with pytest.raises(StoreClosed):
        rows.get(b"a")
    assert list(stores.opened("cases")) == []


def _filled(path: Path, memory: RocksMemory) -> PartitionRows:
    rows = PartitionRows(path, memory)
    rows.commit_rows({b"%06d" % number: b"x" * 500 for number in range(4_000)}, 0)
    rows.flush()
    return rows


def test_a_store_opened_again_has_the_memory_it_is_given(tmp_path: Path) -> None:
    """Not what its files remember: then each would have a cache of its own, shared with nobody."""
    _filled(tmp_path, RocksMemory()).close()
    memory = RocksMemory(block_cache_mib=2, write_buffers_mib=1)
    before = memory.cache.get_usage()
    again = PartitionRows(tmp_path, memory)
    again.multi_get([b"%06d" % number for number in range(4_000)])
    assert memory.cache.get_usage() > before + 1024 * 1024
    again.close()


def test_many_stores_with_few_rows_stay_in_memory(tmp_path: Path) -> None:
    """A worker has a store for each table and partition; few of them have much to write."""
    memory = RocksMemory(write_buffers_mib=16)
    stores = [PartitionRows(tmp_path / str(number), memory) for number in range(32)]
    for offset in range(5):
        for rows in stores:
            rows.commit_rows({b"%d" % offset: b"x" * 4_000}, offset)
    assert not list(tmp_path.rglob("*.sst"))
    for rows in stores:
        rows.close()


def test_all_stores_share_one_cache(tmp_path: Path) -> None:
    """RocksDB's default would be gigabytes for each table and partition."""
    memory = RocksMemory(block_cache_mib=1)
    stores = [_filled(tmp_path / str(number), memory) for number in range(3)]
    for rows in stores:
        rows.multi_get([b"%06d" % number for number in range(4_000)])
    assert memory.cache.get_usage() < 4 * 1024 * 1024
    for rows in stores:
        rows.close()
