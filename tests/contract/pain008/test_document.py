"""Files for the bank: valid against the schema, the same bytes again, and never a wrong sum."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.pain008.creditor import BadCreditor, Creditor, is_creditor_id
from connectors.pain008.document import Debit, build
from connectors.pain008.schema import InvalidFile, check

CREDITOR = Creditor("Müller & Söhne B.V.", "NL91ABNA0417164300", "ABNANL2A", "NL79ZZZ999999990000")
AT = dt.datetime(2026, 6, 24, 10, 15, tzinfo=dt.UTC)
NS = {"n": "urn:iso:std:iso:20022:tech:xsd:pain.008.001.02"}


def debit(number: int = 1, **fields: object) -> Debit:
    known = {
        "collection_id": f"DD-{number:024d}",
        "minor": 4999,
        "mandate_id": "M-1",
        "signed_on": dt.date(2024, 3, 1),
        "sequence_type": "RCUR",
        "scheme": "core",
        "collect_on": dt.date(2026, 6, 25),
        "debtor_name": "Eva Jansen",
        "debtor_iban": "DE89370400440532013000",
        "text": "Invoice i1",
    }
    return Debit(**(known | fields))  # type: ignore[arg-type]


def texts(content: bytes, path: str) -> list[str]:
    root = etree.fromstring(content)
    return [one.text or "" for one in root.iterfind(f".//n:{path.replace('/', '/n:')}", NS)]


def test_a_file_says_what_is_collected_by_whom_and_how() -> None:
    made = build(CREDITOR, [debit(), debit(2, minor=5, sequence_type="FRST")], AT)
    assert (made.count, made.minor) == (2, 5004)
    assert texts(made.content, "GrpHdr/CtrlSum") == ["50.04"]
    assert sorted(texts(made.content, "SeqTp")) == ["FRST", "RCUR"]
    assert set(texts(made.content, "ReqdColltnDt")) == {"2026-06-25"}
    assert texts(made.content, "LclInstrm/Cd") == ["CORE", "CORE"]
    assert sorted(texts(made.content, "EndToEndId")) == [f"DD-{n:024d}" for n in (1, 2)]
    assert texts(made.content, "GrpHdr/CreDtTm") == ["2026-06-24T10:15:00"]
    assert texts(made.content, "Cdtr/Nm")[0] == "Muller Sohne B.V."
    assert set(texts(made.content, "CdtrSchmeId/Id/PrvtId/Othr/Id")) == {"NL79ZZZ999999990000"}
    assert all(
        len(one) <= 35 for path in ("MsgId", "PmtInfId") for one in texts(made.content, path)
    )


def test_the_same_collections_give_the_same_bytes_in_any_order() -> None:
    debits = [debit(number, minor=number) for number in range(1, 20)]
    assert build(CREDITOR, debits, AT) == build(CREDITOR, debits[::-1], AT)
    assert build(CREDITOR, debits[:-1], AT).message_id != build(CREDITOR, debits, AT).message_id


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(max_size=100),
    amounts=st.lists(st.integers(1, 99_999_999_999), min_size=1, max_size=8),
    scheme=st.sampled_from(["core", "b2b"]),
    kind=st.sampled_from(["FRST", "RCUR", "FNAL", "OOFF"]),
)
def test_any_collection_is_valid(name: str, amounts: list[int], scheme: str, kind: str) -> None:
    """Whatever somebody is called: the schema holds and the sums are exact."""
    debits = [
        debit(number, minor=minor, scheme=scheme, sequence_type=kind, debtor_name=name, text=name)
        for number, minor in enumerate(amounts)
    ]
    made = build(CREDITOR, debits, AT)
    total = sum((Decimal(text) for text in texts(made.content, "InstdAmt")), Decimal(0))
    assert total * 100 == sum(amounts) == made.minor
    assert all(0 < len(one) <= 70 and one.isascii() for one in texts(made.content, "Dbtr/Nm"))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"<NbOfTxs>1<", b"<NbOfTxs>2<", "control sums"),
        (b"49.99</CtrlSum>", b"49.98</CtrlSum>", "control sums"),
        (b">49.99</InstdAmt>", b">50.00</InstdAmt>", "control sums"),
        (b"<SeqTp>RCUR<", b"<SeqTp>NEXT<", "SCHEMAV"),
        (b"DE89370400440532013000", b"DE89", "line"),
    ],
)
def test_what_was_spoilt_is_refused(before: bytes, after: bytes, words: str) -> None:
    content = build(CREDITOR, [debit()], AT).content
    assert before in content
    if words == "line" and b"DE89" in after:
        after = b"not an iban"
    with pytest.raises(InvalidFile, match=words):
        check(content.replace(before, after), count=1, total=Decimal("49.99"))


def test_a_file_is_of_one_scheme() -> None:
    with pytest.raises(ValueError, match="one scheme"):
        build(CREDITOR, [debit(), debit(2, scheme="b2b")], AT)


@pytest.mark.parametrize("field", ["name", "iban", "bic", "creditor_id"])
def test_a_creditor_who_cannot_collect_is_named(field: str) -> None:
    fields = {name: getattr(CREDITOR, name) for name in ("name", "iban", "bic", "creditor_id")}
    CREDITOR.check()
    with pytest.raises(BadCreditor, match="DUNNOCK_CREDITOR"):
        Creditor(**(fields | {field: ""})).check()


def test_creditor_identifiers_have_check_digits() -> None:
    assert is_creditor_id("DE98ZZZ09999999999")
    assert is_creditor_id("DE98ABC09999999999"), "the business code is not checked"
    assert not is_creditor_id("DE97ZZZ09999999999")
