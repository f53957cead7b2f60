"""The product's worker, which dies in the middle of its bulk restore as often as a file says."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

from confluent_kafka import Message

from dunnock.serve import serve
from streams import restore

POLL_RECORDS = 100
#: Polls that found something before it dies: some rows are in the stores, most are not.
POLLS = 2


def plant(deaths: Path) -> None:
    """Small polls, and kill -9 of ourselves while restores are still open."""
    apply, polls = restore._apply, 0

    def dying(
        messages: list[Message], open_tasks: dict[tuple[str, int], restore.RestoreTask]
    ) -> int:
        nonlocal polls
        count = apply(messages, open_tasks)
        polls += bool(count)
        if polls >= POLLS and open_tasks and _one_less(deaths):
            os.kill(os.getpid(), signal.SIGKILL)
        return count

    restore.POLL_RECORDS_MAX = POLL_RECORDS
    restore._apply = dying


def _one_less(deaths: Path) -> bool:
    """Take one of the deaths that are left."""
    with deaths.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        left = int(file.read())
        if left:
            file.seek(0)
            file.truncate()
            file.write(str(left - 1))
        return left > 0


if __name__ == "__main__":
    plant(Path(os.environ["FAULT_DEATHS_FILE"]))
    serve("dunnock.worker", ())
