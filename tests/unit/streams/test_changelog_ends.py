"""Where our changelogs end, counted: compared with a log that really has markers and aborts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.changelog_ends import ChangelogEnds
from streams.core.group_commit import Batch
from streams.core.memory import MemoryLog
from streams.core.memory_transaction import Transaction

TABLES = ("customers", "timers")
#: A transaction: how many rows of each table, and whether it is committed.
TRANSACTIONS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()))


@given(before=TRANSACTIONS, since=TRANSACTIONS)
def test_it_is_never_too_high_and_exact_where_nothing_was_aborted(
    before: list[tuple[int, int, bool]], since: list[tuple[int, int, bool]]
) -> None:
    """Whatever the changelogs had in them when the partition was assigned."""
    log = MemoryLog(1)
    for transaction in before:
        _write(log, *transaction)
    counted = ChangelogEnds({table: len(log.changelog(table, 0)) for table in TABLES})
    aborted = False
    for transaction in since:
        batch, real = _write(log, *transaction)
        aborted = aborted or not transaction[2]
        if transaction[2]:
            found = counted.committed(batch.changes)
            assert found.keys() == real.keys()
            assert all(found[table] <= real[table] for table in real)
            assert aborted or found == real


def _write(
    log: MemoryLog, customers: int, timers: int, is_committed: bool
) -> tuple[Batch, dict[str, int]]:
    rows = {
        table: {b"%d" % number: b"x" for number in range(count)}
        for table, count in zip(TABLES, (customers, timers), strict=True)
        if count
    }
    batch = Batch(0, (), rows, {"payments": 1})
    transaction = Transaction(log, "w1")
    ends = transaction.write(batch)
    transaction.commit() if is_committed else transaction.abort()
    return batch, ends
