"""A dead letter: the record as it came, with the place it came from and the reason."""

from __future__ import annotations

from streams.core.records import Output, Record

DETAIL_CHARS_MAX = 1_000


def dead_letter(topic: str, record: Record, reason: str, detail: str) -> Output:
    """The output that carries `record` unchanged to `topic`; `reason` is a short code.

    Partitioned by the record's key; without a key it keeps its partition's number, so that the
    same record always gives the same output.
    """
    about = (
        ("dl_topic", record.topic),
        ("dl_partition", str(record.partition)),
        ("dl_offset", str(record.offset)),
        ("dl_reason", reason),
        ("dl_detail", detail[:DETAIL_CHARS_MAX]),
    )
    return Output(
        topic=topic,
        key=record.key,
        value=record.value,
        headers=record.headers + tuple((name, text.encode()) for name, text in about),
        partition=record.partition if record.key is None else None,
    )
