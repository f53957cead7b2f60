"""The due timers of a batch, in order: those of the store merged with those the batch sets."""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush

from streams.core.engine_rows import (
    TIMERS_TABLE,
    due_ms_of_key,
    from_epoch_ms,
    timer_key,
    timer_of,
    timer_row,
)
from streams.core.logic import Timer
from streams.core.rows import Rows

#: Most batches only ask when the next one is due; who takes a page will want many.
_FIRST_PAGE = 4
_PAGE = 512
_END = b":"  # sorts after every digit, so after every timer key


class TimerQueue:
    """Timers by (due, id). The store doesn't change during a batch, so it is read once, by page."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._stored: list[bytes] = []  # keys read ahead from the store, the next one last
        self._after = b""
        self._page = _FIRST_PAGE
        self._exhausted = False
        self._set: list[bytes] = []  # heap of keys set by this batch
        # Asked for twice for each record, so it is worth remembering.
        self._known_head: bytes | None = None
        self._known_due_ms: int | None = None
        self._head_is_known = False

    def set(self, timer: Timer) -> None:
        name = timer_key(timer)
        key = name.encode()
        self._rows.put(TIMERS_TABLE, name, timer_row(timer))
        heappush(self._set, key)
        if self._known_head is None or key < self._known_head:
            self._head_is_known = False

    def cancel(self, timer: Timer) -> None:
        self._rows.delete(TIMERS_TABLE, timer_key(timer))
        self._head_is_known = False

    def rolled_back(self) -> None:
        """Rows were written back behind our back, none of them of a timer popped since."""
        self._head_is_known = False

    def next_due_ms(self) -> int | None:
        """When the next timer is due, None without any."""
        if not self._head_is_known:
            self._head()
        return self._known_due_ms

    def next_due(self) -> datetime | None:
        due = self.next_due_ms()
        return None if due is None else from_epoch_ms(due)

    def is_due(self, now_ms: int) -> bool:
        due = self.next_due_ms()
        return due is not None and due <= now_ms

    def pop(self) -> Timer:
        """Take the next timer and delete its row. Needs one to be there."""
        key = self._head()
        if key is None:
            raise LookupError("no timer is set")
        name = key.decode()
        row = self._rows.get(TIMERS_TABLE, name)
        assert row is not None  # noqa: S101 - _head() only gives living rows
        self._rows.delete(TIMERS_TABLE, name)
        self._head_is_known = False
        return timer_of(row)

    def _head(self) -> bytes | None:
        """The smallest key whose row still lives; forgets those fired or cancelled."""
        if self._head_is_known:
            return self._known_head
        while self._set and not self._lives(self._set[0]):
            heappop(self._set)
        while self._fill() and not self._lives(self._stored[-1]):
            self._stored.pop()
        heads = [*self._set[:1], *self._stored[-1:]]
        head = min(heads, default=None)
        self._known_due_ms = None if head is None else due_ms_of_key(head)
        self._known_head, self._head_is_known = head, True
        return head

    def _lives(self, key: bytes) -> bool:
        return self._rows.get(TIMERS_TABLE, key.decode()) is not None

    def _fill(self) -> bool:
        if not self._stored and not self._exhausted:
            page = self._rows.scan_stored(TIMERS_TABLE, self._after, _END, self._page)
            self._exhausted = len(page) < self._page
            self._page = _PAGE
            if page:
                self._after = page[-1][0] + b"\0"
                self._stored = [key for key, _ in reversed(page)]
        return bool(self._stored)
