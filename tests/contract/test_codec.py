"""Every defect of the envelope or the data has its one reason code; good events decode."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import BadRecord, decode_input, headers_of, pack, unpack
from streams.core.records import Record

PAYMENT: dict[str, Any] = {
    "payment_id": "p-1",
    "customer_id": "c-1",
    "amount": {"minor": 4999, "currency": "EUR"},
    "received_at": "2026-06-01T11:00:00+02:00",
    "method": "link",
}
BINARY = {
    "ce_specversion": b"1.0",
    "ce_id": b"e-1",
    "ce_type": b"payment.received.v1",
    "ce_source": b"erp",
    "ce_time": b"2026-06-01T09:00:00Z",
    "content-type": b"application/json",
}
STRUCTURED = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "erp",
    "type": "payment.received.v1",
    "time": "2026-06-01T09:00:00Z",
    "data": PAYMENT,
}


def record(
    value: bytes | None, headers: Mapping[str, bytes] = BINARY, key: bytes | None = b"c-1"
) -> Record:
    """A record of `payments`."""
    return Record("payments", 0, 7, key, value, tuple(headers.items()))


def reason_of(bad: Record) -> str:
    """The reason for which the record is refused."""
    with pytest.raises(BadRecord) as refused:
        decode_input("payments", bad)
    return refused.value.reason


def data(**changes: object) -> bytes:
    """The payment with changes."""
    return orjson.dumps(PAYMENT | changes)


def test_binary_and_structured_mode_give_the_same_event() -> None:
    """Both modes of the contract decode alike."""
    binary = decode_input("payments", record(data()))
    structured = decode_input(
        "payments",
        record(
            orjson.dumps(STRUCTURED),
            {"content-type": b"application/cloudevents+json; charset=utf-8"},
        ),
    )
    assert binary == structured


def test_unknown_fields_are_ignored() -> None:
    """The contract lets publishers add fields."""
    _, payment = decode_input("payments", record(data(colour="red")))
    assert payment == decode_input("payments", record(data()))[1]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(None), "bad_envelope"),
        (record(data(), {}), "bad_envelope"),
        (record(data(), BINARY | {"ce_specversion": b"0.3"}), "bad_envelope"),
        (record(data(), BINARY | {"ce_time": b"yesterday"}), "bad_envelope"),
        (record(data(), BINARY | {"ce_id": b""}), "bad_envelope"),
        (record(data(), BINARY | {"ce_id": b"\xff"}), "bad_envelope"),
        (record(data(), BINARY | {"content-type": b"text/plain"}), "bad_envelope"),
        (record(b"{}", {"content-type": b"application/cloudevents+json"}), "bad_envelope"),
        (record(b"[1]", {"content-type": b"application/cloudevents+json"}), "bad_envelope"),
        (record(b"\xff\xfe", {"content-type": b"application/cloudevents+json"}), "bad_json"),
        (record(b"\xff\xfe"), "bad_json"),
        (record(b'{"payment_id":'), "bad_json"),
        (record(b"[" * 100_000), "bad_json"),
        (record(b'{"x":' * 10_000 + b"1" + b"}" * 10_000), "bad_json"),
        (record(b" " * 300_000), "too_large"),
        (record(data(), BINARY | {"ce_type": b"payment.imagined.v1"}), "unknown_type"),
        (record(b"[]"), "invalid"),
        (record(data(amount=None)), "invalid"),
        (record(data(amount={"minor": -1, "currency": "EUR"})), "invalid"),
        (record(data(amount={"minor": 49.99, "currency": "EUR"})), "invalid"),
        (record(data(amount={"minor": "4999", "currency": "EUR"})), "invalid"),
        (record(data(amount={"minor": 4999, "currency": "XXX"})), "invalid"),
        (record(data(amount={"minor": 10**18, "currency": "EUR"})), "invalid"),
        (record(data(received_at="2026-06-01T09:00:00")), "invalid"),
        (record(data(received_at=1780304400)), "invalid"),
        (record(data(received_at="9999-12-31T23:59:59Z")), "invalid"),
        (record(data(method="cash")), "invalid"),
        (record(data(provisional="yes")), "invalid"),
        (record(data(payment_id="a\x00b")), "invalid"),
        (record(data(), key=b"c-2"), "key_mismatch"),
        (record(data(), key=None), "key_mismatch"),
    ],
)
def test_each_defect_has_its_reason(bad: Record, reason: str) -> None:
    """The table of docs/bad-input.md, row by row."""
    assert reason_of(bad) == reason


def test_a_refusal_names_the_field_but_never_its_value() -> None:
    """A dead letter's detail goes to logs and pages: no personal data may stand in it."""
    with pytest.raises(BadRecord) as refused:
        decode_input("payments", record(data(method="NL91ABNA0417164300")))
    assert "method" in refused.value.detail
    assert "NL91" not in str(refused.value)


@given(st.binary(max_size=300), st.dictionaries(st.sampled_from(sorted(BINARY)), st.binary()))
def test_no_bytes_whatever_raise_anything_but_a_reason(
    value: bytes, headers: dict[str, bytes]
) -> None:
    """Garbage in any place is refused with a reason or decodes; nothing else."""
    with contextlib.suppress(BadRecord):
        decode_input("payments", record(value, BINARY | headers))


@given(st.binary(), st.one_of(st.none(), st.binary()), st.lists(st.tuples(st.text(), st.binary())))
def test_a_packed_record_comes_back_byte_for_byte(
    value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    """What waits in a row can be dead-lettered as it came."""
    original = Record("payments", 3, 9, key, value, tuple(headers), 5)
    assert unpack(pack(original)) == original


def test_headers_are_those_of_a_binary_event() -> None:
    """Our own outputs can be read with our own reader."""
    envelope, _ = decode_input("payments", record(data()))
    ours = dict(headers_of("payment.received.v1", "e-9", envelope.time))
    assert ours["ce_time"] == b"2026-06-01T09:00:00Z"
    assert decode_input("payments", record(data(), ours))[0].id == "e-9"
