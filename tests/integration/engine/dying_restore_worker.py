"""A counting worker that is killed in the middle of its bulk restore: RESTORE_DIES_AT polls.

Half way RocksDB flushes what one partition of the counts has, as it does by itself when its buffer
is full. All other restored rows are in memory only, written without a write-ahead log.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from confluent_kafka import Message

from streams import restore
from tests.integration.engine.counting_worker import serve

DIES_AT = int(os.environ["RESTORE_DIES_AT"])
POLL_RECORDS = 200
TABLE = "customer_history"


def plant() -> None:
    """Small polls, and an end that flushes, closes and says nothing.

    Which partition the broker sends first is its own affair, so the flush waits for the first poll
    from half way on that finds something of the counts written, and the end waits for the flush.
    """
    apply, polls, flushed = restore._apply, 0, False

    def dying(
        messages: list[Message], open_tasks: dict[tuple[str, int], restore.RestoreTask]
    ) -> int:
        nonlocal polls, flushed
        count = apply(messages, open_tasks)
        polls += bool(count)
        if polls >= DIES_AT // 2 and not flushed:
            flushed = _flush_one(open_tasks)
        if polls >= DIES_AT and flushed:
            print(f"died with {len(open_tasks)} restores open", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return count

    restore.POLL_RECORDS_MAX = POLL_RECORDS
    restore._apply = dying


def _flush_one(open_tasks: dict[tuple[str, int], Any]) -> bool:
    """Whether there was something of the counts to flush, in a restore that is not over."""
    for task in open_tasks.values():
        if task.table == TABLE and task.rows.changelog_offset() is not None:
            task.rows.flush()
            return True
    return False


if __name__ == "__main__":
    plant()
    serve()
