"""The looks of a partition that were put aside, and how far the log must be read for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from streams.core.engine_rows import LOOK_PREFIX, look_ref
from streams.core.logic import Look
from streams.core.ports import Store

_PAGE = 1_000


class PendingLooks:
    """A look is first unasked, then waits for its end offsets, then is ready, then forgotten.

    End offsets count only when they were asked for after the request was committed: `ask` and
    `answered` frame the question, and a ref requested in between waits for the next one.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)
        self._unasked: dict[str, None] = {}
        self._asked: dict[str, None] = {}
        self._waiting: dict[str, tuple[tuple[str, int], ...]] = {}

    def __len__(self) -> int:
        return len(self._unasked) + len(self._asked) + len(self._waiting)

    @property
    def has_unasked(self) -> bool:
        return bool(self._unasked)

    def load(self, engine: Store) -> None:
        """Take up the looks of an earlier owner; their end offsets are asked for anew."""
        start, stop = LOOK_PREFIX.encode(), b"look}"
        while page := engine.scan(start, stop, _PAGE):
            self.request(look_ref(row) for _, row in page)
            start = page[-1][0] + b"\0"

    def request(self, refs: Iterable[str]) -> None:
        """Committed requests. One that was asked before is asked for anew."""
        for ref in refs:
            self._asked.pop(ref, None)
            self._waiting.pop(ref, None)
            self._unasked[ref] = None

    def ask(self) -> None:
        """The end offsets of everything unasked are being asked for now."""
        self._asked.update(self._unasked)
        self._unasked.clear()

    def answered(self, end_offsets: Mapping[str, int]) -> None:
        """The answer to the last `ask`. Needs every topic in it."""
        ends = tuple((topic, end_offsets[topic]) for topic in self.topics)
        self._waiting.update((ref, ends) for ref in self._asked)
        self._asked.clear()

    def ready(self, applied: Mapping[str, int], limit: int) -> tuple[Look, ...]:
        """Looks whose end offsets have all been applied, at most `limit`, oldest first."""
        ready: list[Look] = []
        verdicts: dict[int, bool] = {}  # by identity: the looks of one answer share their ends
        for ref, ends in self._waiting.items():
            if id(ends) not in verdicts:
                verdicts[id(ends)] = all(applied.get(topic, 0) >= end for topic, end in ends)
            if verdicts[id(ends)]:
                ready.append(Look(ref, ends))
                if len(ready) == limit:
                    break
        return tuple(ready)

    def decided(self, refs: Iterable[str]) -> None:
        for ref in refs:
            self._waiting.pop(ref, None)
