"""Whether a system's rows and outputs are those of the reference fold. Reads the log, committed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from benchmarks.engine.broker import Broker, topics_of
from benchmarks.engine.events import Expected, output_number
from benchmarks.engine.job import OUTPUTS
from benchmarks.engine.systems import LOOP, Run, is_changelog, row_key

READ_RECORDS = 10_000
READ_WAIT_S = 0.1
STALL_S = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of what is wrong; all 0 is correct."""

    rows_wrong: int
    outputs_wrong: int
    outputs_double: int
    outputs_lost: int

    @property
    def correct(self) -> bool:
        return not (
            self.rows_wrong or self.outputs_wrong or self.outputs_double or self.outputs_lost
        )


def judge(
    system: str, run: Run, expected: Expected, seeded: Mapping[int, int] | None = None
) -> Verdict:
    """Compare every final row and every committed output. The system must have stopped.

    `seeded`: where the changelog's partitions begin to be the system's own.
    """
    rows = _dumped_rows(run) if system == LOOP else changelog_rows(system, run, seeded)
    wrong = [
        who for who in rows.keys() | expected.rows.keys() if rows.get(who) != expected.rows.get(who)
    ]
    seen: set[int] = set()
    doubles = output_errors = 0
    for message in committed(run.broker, run.prefix + OUTPUTS):
        number = output_number(message.value())
        doubles += number in seen
        output_errors += message.value() != expected.outputs.get(number)
        seen.add(number)
    lost = len(expected.outputs.keys() - seen)
    return Verdict(len(wrong), output_errors, doubles, lost)


def changelog_rows(
    system: str, run: Run, starts: Mapping[int, int] | None = None
) -> dict[str, bytes]:
    """The changelog, compacted by key; from `starts` on, else from its beginning."""
    rows: dict[str, bytes] = {}
    for topic in topics_of(run.broker, run.prefix):
        if is_changelog(system, topic):
            for message in committed(run.broker, topic, starts):
                rows[row_key(system, message.key())] = message.value()
    return rows


def _dumped_rows(run: Run) -> dict[str, bytes]:
    found = json.loads(Path(run.directory, "rows.json").read_text())
    return {who: row.encode() for who, row in found.items()}


def ends_of(broker: Broker, topic: str) -> dict[int, int]:
    """Where each partition ends now."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "judge"})
    try:
        numbers = consumer.list_topics(topic, timeout=STALL_S).topics[topic].partitions
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), STALL_S)[1]
            for number in numbers
        }
    finally:
        consumer.close()


def committed(
    broker: Broker, topic: str, starts: Mapping[int, int] | None = None
) -> Iterator[Message]:
    """Every committed record up to the present end. Raises TimeoutError when the broker stalls."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "judge",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        numbers = consumer.list_topics(topic, timeout=STALL_S).topics[topic].partitions
        consumer.assign(
            [TopicPartition(topic, number, (starts or {}).get(number, 0)) for number in numbers]
        )
        open_ones = set(numbers)
        read_at = time.monotonic()
        while open_ones:
            messages = consumer.consume(READ_RECORDS, READ_WAIT_S)
            if messages:
                read_at = time.monotonic()
            elif time.monotonic() - read_at > STALL_S:
                raise TimeoutError(f"{topic}: nothing to read, and not at its end")
            for message in messages:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                    open_ones.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
