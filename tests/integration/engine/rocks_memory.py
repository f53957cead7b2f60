"""A process that writes and reads many rows, as a worker of DATABASES stores would.

Arguments: directory, the three sizes of `RocksMemory`, rows. Prints JSON: resident memory in MiB
before, at its highest and at the end.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

from streams.rocks import PartitionRows, RocksMemory
from streams.stores import LocalStores

DATABASES = 12
BATCH = 1_000
ROW_BYTES = 400
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * PAGE_BYTES / 1024 / 1024


def _batch(chosen: random.Random, keys: int, value: bytes) -> dict[bytes, bytes | None]:
    return {b"customer-%09d" % chosen.randrange(keys): value for _ in range(BATCH)}


def _use(rows: PartitionRows, chosen: random.Random, keys: int, offset: int) -> None:
    """One batch of a lane: read what it needs, write it, look for timers."""
    changes = _batch(chosen, keys, chosen.randbytes(ROW_BYTES))
    rows.multi_get(list(changes))
    rows.commit_rows(changes, offset)
    rows.scan(b"customer-", b"customer-\xff", 100)


def main(directory: Path, memory: RocksMemory, rows: int) -> dict[str, float]:
    stores = LocalStores(directory, memory)
    chosen = random.Random(1)
    before = highest = rss_mib()
    for number in range(rows // BATCH):
        table, partition = divmod(number % DATABASES, 4)
        _use(stores.rows(f"t{table}", partition), chosen, rows, number)
        highest = max(highest, rss_mib())
    found = {"before": before, "highest": highest, "end": rss_mib()}
    stores.close()
    return found


if __name__ == "__main__":
    settings = RocksMemory(*(int(mib) for mib in sys.argv[2:5]))
    print(json.dumps(main(Path(sys.argv[1]), settings, int(sys.argv[5]))))
