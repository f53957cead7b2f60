"""What goes in and out of a lane: raw records, chunks of them, and outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


#: What the log adds to a record or a header at most, rounded up.
_FRAME_BYTES = 16


def wire_bytes(key: bytes | None, value: bytes | None, headers: Headers = ()) -> int:
    """How much of the log a record takes before compression; never too little."""
    size = _FRAME_BYTES + len(key or b"") + len(value or b"")
    if not headers:
        return size
    return size + sum(_FRAME_BYTES + len(name) * 4 + len(text) for name, text in headers)


def headers_from(found: Iterable[tuple[str, bytes | None]] | None) -> Headers:
    """What a client read. Kafka knows values that are null: nothing in them, like an empty one."""
    return tuple((name, text or b"") for name, text in found or ())


class Record(NamedTuple):
    """One raw record of the log. `timestamp_ms` is a fact, never the time.

    A tuple: one is made for every record read, and a frozen dataclass costs more than twice that.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one topic and partition in offset order, as one fetch gave them.

    `next_offset` is where the reader stands after it. It may lie beyond the last record
    (transaction markers, compaction, aborted records), and `records` may be empty.
    """

    topic: str
    partition: int
    records: tuple[Record, ...]
    next_offset: int


class Output(NamedTuple):
    """A record to write. `partition` None: murmur2 of the key, like the Java client."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
