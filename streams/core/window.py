"""Acks out of order, commits in order: the window of one topic and partition."""

from __future__ import annotations

from collections import deque

UNACKED_MAX = 2_000


class AckWindow:
    """Offsets are added in the order they are read, acked in any order, and committed in order.

    What may be committed is known from the order of adding alone, so gaps in the offsets
    (compaction, transaction markers, aborted records) and a first offset that is not the one
    asked for make no difference. Start a new window after a seek or a new assignment: an ack of
    an offset it doesn't know, such as an older assignment's, changes nothing.
    """

    def __init__(self, limit: int = UNACKED_MAX) -> None:
        self._limit = limit
        self._open: deque[tuple[int, int]] = deque()  # (offset, next offset), not committable yet
        self._acked: set[int] = set()
        self._last = -1
        self._committable: int | None = None

    def __len__(self) -> int:
        """Offsets that can't be committed yet, acked or not."""
        return len(self._open)

    @property
    def full(self) -> bool:
        """Whether nothing should be added until something at the head is acked."""
        return len(self._open) >= self._limit

    def add(self, offset: int, next_offset: int) -> None:
        """A record was read; `next_offset` is where the reader stands after it.

        Raises ValueError when the offset is not beyond all earlier ones.
        """
        if offset <= self._last or next_offset <= offset:
            raise ValueError(f"offset {offset} (next {next_offset}) after {self._last}")
        self._last = offset
        self._open.append((offset, next_offset))

    def skip_to(self, next_offset: int) -> None:
        """The reader moved on without a record; that is committed with what was added before."""
        if self._open:
            offset, standing = self._open[-1]
            self._open[-1] = (offset, max(standing, next_offset))
        else:
            self._commit_up_to(next_offset)

    def ack(self, offset: int) -> None:
        """The record at `offset` is done. Idempotent."""
        if not self._open or not self._open[0][0] <= offset <= self._last:
            return
        self._acked.add(offset)
        while self._open and self._open[0][0] in self._acked:
            head, next_offset = self._open.popleft()
            self._acked.discard(head)
            self._commit_up_to(next_offset)

    def committable(self) -> int | None:
        """The next offset to commit; None while nothing was acked at the head."""
        return self._committable

    def _commit_up_to(self, next_offset: int) -> None:
        self._committable = max(self._committable or 0, next_offset)
        self._last = max(self._last, next_offset - 1)
