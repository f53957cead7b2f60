"""CloudEvents 1.0 on Kafka, binary and structured, to and from the events of the contract.

Whatever cannot be decoded raises `BadRecord` with a short reason code (docs/bad-input.md lists
them all). Details name fields, never values: a dead letter's headers must hold no personal data
beyond the original bytes.
"""

from __future__ import annotations

import base64
from datetime import datetime

import orjson
from pydantic import TypeAdapter, ValidationError

from domain.effects import Publish
from domain.events import INPUTS, Data, Envelope
from streams.core.logic import Refused
from streams.core.records import Headers, Output, Record

SOURCE = "dunnock"
#: A customer or invoice is a few kB. More is a mistake of the publisher's.
VALUE_BYTES_MAX = 256 * 1024
_STRUCTURED = "application/cloudevents+json"
_ENVELOPE = TypeAdapter(Envelope)


class BadRecord(Refused):
    """A record that is a dead letter; what was done before it was noticed is undone."""


def _explain(error: ValidationError) -> str:
    """Where and why, without the offending value."""
    parts = [
        f"{'.'.join(str(step) for step in problem['loc']) or 'value'}: {problem['type']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[
            :5
        ]
    ]
    return "; ".join(parts)


def _text_headers(headers: Headers) -> dict[str, str]:
    """The headers of the envelope. Others are unknown to us: whatever they hold is ignored."""
    try:
        return {
            name.lower(): value.decode()
            for name, value in headers
            if name.lower().startswith(("ce_", "content-type"))
        }
    except UnicodeDecodeError:
        raise BadRecord("bad_envelope", "a header is not UTF-8") from None


def _envelope(attributes: dict[str, object]) -> Envelope:
    if attributes.get("specversion") != "1.0":
        raise BadRecord("bad_envelope", "specversion must be 1.0 (CloudEvents 1.0)")
    try:
        return _ENVELOPE.validate_json(orjson.dumps(attributes), strict=True)
    except (ValidationError, TypeError) as error:
        detail = _explain(error) if isinstance(error, ValidationError) else "not JSON"
        raise BadRecord("bad_envelope", detail) from None


def _binary(headers: dict[str, str], value: bytes) -> tuple[Envelope, bytes]:
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    if media != "application/json":
        raise BadRecord("bad_envelope", "content-type must be application/json")
    attributes: dict[str, object] = {
        name[3:]: text for name, text in headers.items() if name.startswith("ce_")
    }
    return _envelope(attributes), value


def _structured(value: bytes) -> tuple[Envelope, bytes]:
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise BadRecord("bad_json", "the value is not JSON") from None
    if not isinstance(document, dict):
        raise BadRecord("bad_envelope", "a structured event is a JSON object")
    if "data" not in document:
        raise BadRecord("bad_envelope", "data is missing")
    data = orjson.dumps(document.pop("data"))
    return _envelope(document), data


def unwrap(record: Record) -> tuple[Envelope, bytes]:
    """The envelope of a record and the bytes of its data.

    Raises BadRecord: `too_large`, `bad_envelope`, `bad_json`.
    """
    value = record.value
    if value is None:
        raise BadRecord("bad_envelope", "the record has no value")
    if len(value) > VALUE_BYTES_MAX:
        raise BadRecord("too_large", f"{len(value)} bytes, {VALUE_BYTES_MAX} allowed")
    headers = _text_headers(record.headers)
    if headers.get("content-type", "").lower().startswith(_STRUCTURED):
        return _structured(value)
    return _binary(headers, value)


def decode_input(topic: str, record: Record) -> tuple[Envelope, Data]:
    """The event that `record` of the input topic `topic` (name without prefix) carries.

    Raises BadRecord: `too_large`, `bad_envelope`, `bad_json`, `unknown_type`, `invalid`,
    `key_mismatch`.
    """
    envelope, raw = unwrap(record)
    model = INPUTS[topic].get(envelope.type)
    if model is None:
        raise BadRecord("unknown_type", f"{envelope.type[:80]} is not an event of {topic}")
    if b"\\u0000" in raw:
        raise BadRecord("invalid", "a text holds the character U+0000")
    try:
        data = model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        kinds = {problem["type"] for problem in error.errors(include_url=False)}
        reason = "bad_json" if "json_invalid" in kinds else "invalid"
        raise BadRecord(reason, _explain(error)) from None
    _check_key(topic, record, data)
    return envelope, data


def _check_key(topic: str, record: Record, data: Data) -> None:
    if topic == "applications":  # keyed by its submission for life: the rules look at it
        if not record.key:
            raise BadRecord("key_mismatch", "an application needs a key")
        return
    if record.key != getattr(data, "customer_id", "").encode():
        raise BadRecord("key_mismatch", "the key is not the customer_id")


def key_text(record: Record) -> str:
    """The key as text. Raises BadRecord `key_mismatch` when it is none."""
    try:
        return (record.key or b"").decode()
    except UnicodeDecodeError:
        raise BadRecord("key_mismatch", "the key is not UTF-8") from None


def headers_of(ce_type: str, event_id: str, at: datetime, source: str = SOURCE) -> Headers:
    """Headers of a binary CloudEvent."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", ce_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.isoformat().replace("+00:00", "Z").encode()),
        ("content-type", b"application/json"),
    )


def encode(publish: Publish, at: datetime) -> Output:
    """The record of an effect; absent optional fields are left out."""
    return Output(
        topic=publish.topic,
        key=publish.key.encode(),
        value=publish.data.model_dump_json(exclude_none=True, by_alias=True).encode(),
        headers=headers_of(publish.ce_type, publish.event_id, at),
    )


def pack(record: Record) -> str:
    """A record as text, to be kept in a row until its event makes sense."""
    b64 = base64.b64encode
    document = {
        "t": record.topic,
        "p": record.partition,
        "o": record.offset,
        "k": None if record.key is None else b64(record.key).decode(),
        "v": None if record.value is None else b64(record.value).decode(),
        "h": [[name, b64(value).decode()] for name, value in record.headers],
        "ts": record.timestamp_ms,
    }
    return orjson.dumps(document).decode()


def unpack(text: str) -> Record:
    """The record that `pack` kept, byte for byte."""
    document = orjson.loads(text)
    b64 = base64.b64decode
    return Record(
        topic=document["t"],
        partition=document["p"],
        offset=document["o"],
        key=None if document["k"] is None else b64(document["k"]),
        value=None if document["v"] is None else b64(document["v"]),
        headers=tuple((name, b64(value)) for name, value in document["h"]),
        timestamp_ms=document["ts"],
    )
