"""How far a lane has applied each source topic, and what of it the log doesn't know yet."""

from __future__ import annotations

from collections.abc import Mapping

from streams.core.records import Chunk


class Positions:
    """Next offsets by topic. They never go back."""

    def __init__(self) -> None:
        self._applied: dict[str, int] = {}
        self._committed: dict[str, int] = {}

    @property
    def applied(self) -> Mapping[str, int]:
        return self._applied

    def of(self, topic: str) -> int:
        return self._applied.get(topic, 0)

    def advance(self, positions: Mapping[str, int]) -> dict[str, int]:
        """Move forward; gives the topics that did move."""
        moved = {
            topic: offset
            for topic, offset in positions.items()
            if offset > self._applied.get(topic, -1)
        }
        self._applied.update(moved)
        return moved

    def uncommitted(self, positions: Mapping[str, int]) -> dict[str, int]:
        """What the next commit must say: `positions` and what empty chunks moved before."""
        merged = {**self._applied}
        for topic, offset in positions.items():
            merged[topic] = max(offset, merged.get(topic, 0))
        return {
            topic: offset
            for topic, offset in merged.items()
            if offset != self._committed.get(topic)
        }

    def committed(self, offsets: Mapping[str, int]) -> None:
        self._committed.update(offsets)


def only_moves(batch: tuple[Chunk, ...]) -> bool:
    """Whether the chunks hold no record, so that they only move positions."""
    return not any(chunk.records for chunk in batch)
