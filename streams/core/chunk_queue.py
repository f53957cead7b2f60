"""What waits in a lane: chunks in order of arrival, counted in records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from streams.core.records import Chunk


class ChunkQueue:
    """First in, first out. Ticks don't count towards its size: they must always get through."""

    def __init__(self, ticks_topic: str) -> None:
        self._ticks_topic = ticks_topic
        self._chunks: deque[Chunk] = deque()
        self.records = 0

    def __len__(self) -> int:
        return len(self._chunks)

    def __iter__(self) -> Iterator[Chunk]:
        return iter(self._chunks)

    def append(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self.records += self._weight(chunk)

    def put_back(self, chunks: Iterable[Chunk]) -> None:
        """Return chunks to the front, the first of them first."""
        for chunk in reversed(tuple(chunks)):
            self._chunks.appendleft(chunk)
            self.records += self._weight(chunk)

    def take(self, records_max: int) -> tuple[Chunk, ...]:
        """The oldest chunks with at most `records_max` records in all; a long one is split."""
        taken: list[Chunk] = []
        room = records_max
        while self._chunks and room > 0:
            chunk = self._chunks.popleft()
            self.records -= self._weight(chunk)
            if len(chunk.records) > room:
                chunk, rest = split(chunk, room)
                self.put_back((rest,))
            taken.append(chunk)
            room -= len(chunk.records)
        return tuple(taken)

    def take_ticks(self, records_max: int) -> tuple[Chunk, ...]:
        """The same of ticks only; everything else keeps its place."""
        ticks = ChunkQueue(self._ticks_topic)
        others: deque[Chunk] = deque()
        for chunk in self._chunks:
            (ticks if chunk.topic == self._ticks_topic else others).append(chunk)
        taken = ticks.take(records_max)
        self._chunks = others
        self.put_back(ticks.take_all())
        return taken

    def take_all(self) -> tuple[Chunk, ...]:
        everything = tuple(self._chunks)
        self.clear()
        return everything

    def clear(self) -> None:
        self._chunks.clear()
        self.records = 0

    def _weight(self, chunk: Chunk) -> int:
        # A chunk without records weighs one, so that empty chunks are bounded as well.
        return 0 if chunk.topic == self._ticks_topic else max(1, len(chunk.records))


def split(chunk: Chunk, records: int) -> tuple[Chunk, Chunk]:
    """Cut after `records` records (at least one, less than all)."""
    head, tail = chunk.records[:records], chunk.records[records:]
    return (
        Chunk(chunk.topic, chunk.partition, head, head[-1].offset + 1),
        Chunk(chunk.topic, chunk.partition, tail, chunk.next_offset),
    )


def oldest_timestamp_ms(chunks: Iterable[Chunk]) -> int | None:
    """The smallest timestamp among the first records of the chunks, None without records."""
    firsts = (chunk.records[0].timestamp_ms for chunk in chunks if chunk.records)
    return min(firsts, default=None)
