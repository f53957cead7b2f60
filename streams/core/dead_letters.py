"""A dead letter: the record as it came, with the place it came from and the reason."""

from __future__ import annotations

from streams.core.records import Output, Record, wire_bytes

DETAIL_CHARS_MAX = 1_000
#: More does not fit on the dead letters' topic. Compressed, a broker takes far more as an input.
CARRIED_BYTES_MAX = 7_000_000
_CUT_BYTES = 1_000_000


def dead_letter(topic: str, record: Record, reason: str, detail: str) -> Output:
    """The output that carries `record` unchanged to `topic`; `reason` is a short code.

    Partitioned by the record's key; without a key it keeps its partition's number, so that the
    same record always gives the same output. One that is too large to be written is cut, and
    `dl_cut` says how large it was.
    """
    size = wire_bytes(record.key, record.value, record.headers)
    cut = () if size <= CARRIED_BYTES_MAX else (("dl_cut", str(size)),)
    if cut:
        record = _cut(record)
    about = (
        ("dl_topic", record.topic),
        ("dl_partition", str(record.partition)),
        ("dl_offset", str(record.offset)),
        ("dl_reason", reason),
        ("dl_detail", detail[:DETAIL_CHARS_MAX]),
        *cut,
    )
    return Output(
        topic=topic,
        key=record.key,
        value=record.value,
        headers=record.headers + tuple((name, text.encode()) for name, text in about),
        partition=record.partition if record.key is None else None,
    )


def _cut(record: Record) -> Record:
    """The beginning of the value; key and headers whole or not at all."""
    key = record.key if len(record.key or b"") <= _CUT_BYTES else None
    headers = record.headers if wire_bytes(None, None, record.headers) <= _CUT_BYTES else ()
    value = None if record.value is None else record.value[:_CUT_BYTES]
    return record._replace(key=key, value=value, headers=headers)
