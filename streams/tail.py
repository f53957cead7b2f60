"""One followed changelog partition: writes what was read into the local store of a standby.

rocksdict keeps the interpreter's lock while RocksDB writes, so a write that RocksDB holds up would
hold up the event loop, and with it every lane of this worker. Hence small batches, flushes of our
own (these give the lock away) before the write buffer is full, and no write into a store that has
fallen behind with its compactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Message

from runtime import metrics
from streams.rocks import PartitionRows

#: A write of this takes some milliseconds.
WRITE_BYTES = 1024 * 1024
#: Half of a write buffer (`RocksMemory.write_buffer_mib`): its rows weigh more there than here.
FLUSH_BYTES = 4 * 1024 * 1024

#: The place that was asked for is not in the log any more.
_PLACE_GONE = frozenset(
    {
        KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 - librdkafka's local errors have such names
        KafkaError._LOG_TRUNCATION,  # noqa: SLF001
    }
)

Source = tuple[str, int]


@dataclass(slots=True)
class Tail:
    """What is before `position` is in `rows`, except for what `write` has still to write."""

    table: str
    rows: PartitionRows
    position: int
    end: int
    _unwritten: dict[bytes, bytes | None] = field(default_factory=dict)
    _unwritten_bytes: int = 0
    _unflushed_bytes: int = 0

    def read(self, message: Message) -> None:
        """Take a record or the end of the partition in. Raises `KafkaException` on an error."""
        error = message.error()
        if error is None:
            key, value = message.key(), message.value()
            self._unwritten[key] = value
            self._unwritten_bytes += len(key) + len(value or b"")
            self.position = message.offset() + 1
            if self._unwritten_bytes >= WRITE_BYTES:
                self.write()
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
            # The end of what is committed; behind the last record stand transaction markers.
            self.position = max(message.offset(), self.position)
        else:
            if error.code() in _PLACE_GONE:
                # Rows whose place in the changelog is gone are of another changelog's past.
                self.rows.clear()
            raise KafkaException(error)

    def write(self) -> None:
        """Rows and offset in one step."""
        if self.position == 0:
            return
        self.rows.restore_rows(self._unwritten, self.position - 1)
        metrics.STANDBY_ROWS.labels(self.table).inc(len(self._unwritten))
        self._unflushed_bytes += self._unwritten_bytes
        self._unwritten, self._unwritten_bytes = {}, 0
        if self._unflushed_bytes >= FLUSH_BYTES:
            self.rows.flush()
            self._unflushed_bytes = 0


def apply(messages: Iterable[Message], tails: Mapping[Source, Tail]) -> None:
    """Read all, then write. After an exception the tails are of no use, their stores are."""
    touched: set[Source] = set()
    for message in messages:
        source = (message.topic(), message.partition())
        if source not in tails:
            raise KafkaException(message.error())
        tails[source].read(message)
        touched.add(source)
    for source in touched:
        tails[source].write()
