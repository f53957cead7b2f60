"""How far our changelogs reach, without asking the broker and without waiting for its receipts.

A partition of a changelog has one writer, its owner. Each committed transaction adds its records
and one marker; an aborted one may add some of its records and a marker. So a count of what was
committed is never too high, and exact where nothing was aborted. Never too high is what the store
needs: a restore begins behind the offset that stands beside the rows, and reads again what is
there already rather than leave anything out.
"""

from __future__ import annotations

from collections.abc import Mapping

from streams.core.ports import Changes

_MARKER = 1


class ChangelogEnds:
    """Of the tables of one partition, from its assignment on."""

    def __init__(self, ends: Mapping[str, int]) -> None:
        """`ends`: by table, the offset behind the last record or marker when it was assigned."""
        self._ends = dict(ends)

    def committed(self, changes: Mapping[str, Changes]) -> dict[str, int]:
        """After each commit: where the last record of each changed table stands, at the least."""
        last = {table: self._ends[table] + len(rows) - 1 for table, rows in changes.items()}
        self._ends |= {table: offset + 1 + _MARKER for table, offset in last.items()}
        return last
