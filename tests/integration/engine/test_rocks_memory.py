"""RocksDB's memory of a worker stays within its settings, whatever is written and read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.integration.engine.harness import ROOT

#: Less than a worker's, so that too much shows with few rows.
CACHE_MIB, WRITE_BUFFERS_MIB, WRITE_BUFFER_MIB = 32, 16, 4
#: What is open, compactions, what the allocator keeps. Without sharing it would be 60 more.
SLACK_MIB = 32
ROWS = 400_000


def test_rocksdb_keeps_to_its_memory(tmp_path: Path) -> None:
    """400,000 rows over twelve databases, read and scanned on the way: 160 MB of values."""
    sizes = (CACHE_MIB, WRITE_BUFFERS_MIB, WRITE_BUFFER_MIB)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.integration.engine.rocks_memory"),
            *(str(tmp_path / "rows"), *(str(size) for size in sizes), str(ROWS)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["highest"] - found["before"] < CACHE_MIB + WRITE_BUFFERS_MIB + SLACK_MIB, found
    on_disk = sum(file.stat().st_size for file in (tmp_path / "rows").rglob("*.sst"))
    assert on_disk > 100_000_000, "too little was written to tell"
