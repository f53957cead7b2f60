"""A counting worker that dies at a step of a batch: CRASH_AT names it, CRASH_AFTER the record.

With `abort` it lives, but five of its transactions are aborted. Otherwise it ends as `kill -9` ends
a process: nothing is flushed, closed or said goodbye to.
"""

from __future__ import annotations

import os
from typing import Any

from streams.core.logic import Context
from streams.core.ports import BatchAborted
from streams.core.positions import Positions
from streams.core.records import Record
from streams.producer import TransactionalProducer
from streams.rocks import PartitionRows
from tests.integration.engine.counting_worker import Counting, counting, serve

STEP = os.environ["CRASH_AT"]
AFTER = int(os.environ["CRASH_AFTER"])
DIED = 77
BETWEEN_REFUSALS = 4


class Armed(Counting):
    """Counts the records it has seen: from the last one on, the step is deadly."""

    seen = 0

    def on_record(self, record: Record, ctx: Context) -> None:
        super().on_record(record, ctx)
        Armed.seen += 1


def _die() -> None:
    if Armed.seen >= AFTER:
        os._exit(DIED)


def _before(owner: type, name: str, also: str | None = None) -> None:
    """Die instead of the call; `also` is called on the producer's handle first."""
    original = getattr(owner, name)

    def dying(self: Any, *arguments: Any) -> Any:
        if also is not None and Armed.seen >= AFTER:
            getattr(self._producer, also)(10)
        _die()
        return original(self, *arguments)

    setattr(owner, name, dying)


def _behind(owner: type, name: str) -> None:
    """Die as soon as the call has returned."""
    original = getattr(owner, name)

    def dying(self: Any, *arguments: Any) -> Any:
        result = original(self, *arguments)
        _die()
        return result

    setattr(owner, name, dying)


def _abort_some(times: int) -> None:
    """Refuse the commit so often, with everything on the broker already.

    Lanes share transactions, and librdkafka aborts one itself when the abort before it left records
    unsent. So that no lane runs out of its reruns, several must succeed between two refusals.
    """
    original = TransactionalProducer._commit
    refused, succeeded = 0, BETWEEN_REFUSALS

    def refusing(self: TransactionalProducer) -> None:
        nonlocal refused, succeeded
        if Armed.seen >= AFTER and refused < times and succeeded >= BETWEEN_REFUSALS:
            refused, succeeded = refused + 1, 0
            print(f"refused the commit of {self.transactional_id}", flush=True)
            raise BatchAborted("as asked for")
        original(self)
        succeeded += 1

    TransactionalProducer._commit = refusing  # type: ignore[method-assign]


def plant(step: str) -> None:
    """Make one step of the batch deadly."""
    if step == "before begin":
        _before(TransactionalProducer, "begin")
    elif step == "after produce":
        _before(TransactionalProducer, "commit", also="flush")
    elif step == "before commit":
        _before(TransactionalProducer, "_commit")
    elif step == "after commit, before RocksDB":
        _before(PartitionRows, "commit_rows")
    elif step == "between two tables":
        _behind(PartitionRows, "commit_rows")
    elif step == "after RocksDB, before positions move":
        _before(Positions, "committed")
    elif step == "abort":
        _abort_some(5)
    else:
        raise ValueError(step)


if __name__ == "__main__":
    plant(STEP)
    serve(counting(Armed()))
