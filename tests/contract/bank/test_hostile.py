"""Broken and hostile files: refused with a reason, quickly, in little memory, and nothing read."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.bank.documents import units
from connectors.bank.limits import FileRefused, Limits
from tests.contract.bank.build import Back, Entry, Report, Status
from tests.contract.bank.reader import rows_of

SOUND = Report([Entry([Back()])]).xml()
BODY = SOUND.split(b"\n", 1)[1]
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>""" + BODY.replace(b"Anna Jansen", b"&c;")
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>""" + BODY.replace(b"Anna", b"&x;")
FAR_DTD = b'<?xml version="1.0"?>\n<!DOCTYPE D SYSTEM "http://127.0.0.1:9/x.dtd">' + BODY


def refusal(folder: Path, content: bytes, limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as told:
        rows_of(folder, content, limits)
    return told.value


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE, FAR_DTD])
def test_a_document_type_definition_is_refused_at_its_first_word(
    tmp_path: Path, content: bytes
) -> None:
    error = refusal(tmp_path, content)
    assert error.code == "dtd"
    assert error.line in (1, 2)


@pytest.mark.parametrize("cut", [1, 10, 60, 300, len(SOUND) - 1])
def test_a_truncated_file_is_refused_whole(tmp_path: Path, cut: int) -> None:
    assert refusal(tmp_path, SOUND[:cut]).code == "not_xml"


def test_a_truncated_second_document_refuses_the_first_too(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOUND + SOUND[:-20]).code == "not_xml"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<!-- nothing -->", "not_xml"),
        (b"Datum;Bedrag\n2026-06-01;12,50\n", "not_xml"),
        (b"\x00" * 1000, "not_xml"),
        (SOUND.replace(b"Anna", b"An\x00na"), "not_xml"),
        (SOUND.replace(b"Anna", b"An&#0;na"), "not_xml"),
        (SOUND.replace(b"Anna", b"An\xe9na"), "not_xml"),
        (SOUND.replace(b"Anna", b"&unknown;"), "not_xml"),
        (SOUND.replace(b"UTF-8", b"US-ASCII").replace(b"Anna", b"An\xe9na"), "not_xml"),
        (SOUND.replace(b"UTF-8", b"windows-1252").replace(b"Anna", b"An\x81na"), "bad_encoding"),
        (SOUND.replace(b"UTF-8", b"UTF-16"), "bad_encoding"),
        (SOUND.replace(b"UTF-8", b"rot13"), "bad_encoding"),
        (SOUND.replace(b"UTF-8", b"no-such-thing"), "bad_encoding"),
        (b"<Document><CstmrCdtTrfInitn/></Document>", "no_report"),
        (b"<html><body>Maintenance</body></html>", "no_report"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    error = refusal(tmp_path, content)
    assert error.code == code
    assert len(str(error)) > 10


def _endless(start: bytes, piece: bytes, count: int, end: bytes) -> Callable[[], object]:
    def feed() -> object:
        yield start
        for _ in range(count):
            yield piece
        yield end

    return feed


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        (b"<Document><Nm>", b"a" * 65536, b"</Nm></Document>"),
        (b'<Document><Nm x="', b"a" * 65536, b'"/></Document>'),
        (b"<Document><!--", b"a" * 65536, b"--></Document>"),
        (b"<Document><![CDATA[", b"a" * 65536, b"]]></Document>"),
        (b"<Document><", b"a" * 65536, b"/></Document>"),
        (b"<Document>", b"<x/>" * 16384, b"</Document>"),
        (b"<Document>", b"<x>" * 16384, b"</Document>"),
    ],
    ids=["text", "attribute", "comment", "cdata", "name", "elements", "depth"],
)
def test_a_gigabyte_is_refused_before_it_fills_the_memory(
    start: bytes, piece: bytes, end: bytes
) -> None:
    """One element of 1 GiB, in whatever shape: only the first megabytes are ever looked at."""
    feed = _endless(start, piece, 16384, end)
    tracemalloc.start()
    with pytest.raises(FileRefused) as told:
        list(units(feed(), Limits()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told.value.code in ("too_large", "too_deep")
    assert peak < 32 * 1024 * 1024


def test_a_gigabyte_of_blanks_costs_no_memory() -> None:
    """Nothing forbids it; the bound of the file ends it."""
    tracemalloc.start()
    feed = _endless(b"<Document>", b" " * 65536, 1000, b"</Document>")
    assert len(list(units(feed(), Limits()))) == 1  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_the_size_of_a_file_is_bounded_packed_and_unpacked(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOUND, Limits(packed_bytes_max=100)).code == "too_large"
    assert refusal(tmp_path, SOUND, Limits(unpacked_bytes_max=100)).code == "too_large"


def _zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: _zipped(("a.xml", content))])
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    blanks = SOUND.replace(b"<Ntfctn>", b"<Ntfctn>" + b" " * 64 * 1024 * 1024)
    assert refusal(tmp_path, pack(blanks)).code == "bomb"


def test_archives_within_archives_are_refused(tmp_path: Path) -> None:
    inner = _zipped(("a.xml", SOUND))
    assert refusal(tmp_path, _zipped(("inner.zip", inner))).code == "nested_archive"
    assert refusal(tmp_path, gzip.compress(inner)).code == "nested_archive"


def test_broken_archives_say_so(tmp_path: Path) -> None:
    packed = gzip.compress(SOUND)
    assert refusal(tmp_path, packed[:-20]).code == "broken_archive"
    assert refusal(tmp_path, b"\x1f\x8b" + b"\xff" * 100).code == "broken_archive"
    assert refusal(tmp_path, _zipped(("a.xml", SOUND))[:100]).code == "broken_archive"
    assert refusal(tmp_path, _zipped()).code in ("empty", "broken_archive")
    many = _zipped(*((f"{number}.xml", SOUND) for number in range(5)))
    assert refusal(tmp_path, many, Limits(members_max=4)).code == "too_large"


def _with_bad_lzma() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", SOUND)
    # Behind the member's head and its name: the version, then size and properties of the filter.
    content = packed.getvalue()
    return content[:39] + b"\xff" * 60 + content[99:]


def _with_name_that_is_no_text() -> bytes:
    content = bytearray(_zipped(("\u00e4.xml", SOUND)))
    for place in (content.find(b"\xc3\xa4"), content.rfind(b"\xc3\xa4")):
        content[place : place + 2] = b"\xff\xff"
    return bytes(content)


def _with_directory_before_the_file() -> bytes:
    """The end says that the directory begins far behind where it can."""
    content = bytearray(_zipped(("a.xml", SOUND)))
    end = content.rfind(b"PK\x05\x06")
    content[end + 16 : end + 20] = (0x7FFFFFFF).to_bytes(4, "little")
    return bytes(content)


def _with_unknown_method() -> bytes:
    content = bytearray(_zipped(("a.xml", SOUND)))
    entry = content.rfind(b"PK\x01\x02")
    content[entry + 10 : entry + 12] = b"\x63\x00"
    return bytes(content)


@pytest.mark.parametrize(
    "crafted",
    [
        _with_bad_lzma,
        _with_name_that_is_no_text,
        _with_directory_before_the_file,
        _with_unknown_method,
    ],
)
def test_a_crafted_archive_is_refused_and_nothing_else_happens(
    tmp_path: Path, crafted: Callable[[], bytes]
) -> None:
    """Whatever else came out of it would end the importer, at each of its starts."""
    assert refusal(tmp_path, crafted()).code == "broken_archive"


def test_the_directory_of_an_archive_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    """Directories and clutter count no members, and would take memory all the same."""
    many = _zipped(("a.xml", SOUND), *((f"{number:090}/", b"") for number in range(10_000)))
    tracemalloc.start()
    assert refusal(tmp_path, many).code == "too_large"
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1024 * 1024


def test_a_member_that_is_no_report_names_itself(tmp_path: Path) -> None:
    content = _zipped(("good.xml", SOUND), ("bad.xml", b"not xml"))
    assert str(refusal(tmp_path, content)).startswith("bad.xml: ")


@pytest.mark.parametrize(
    ("amount", "why"),
    [("-1.00", "not an amount"), ("1,50", "not an amount"), ("1.005", "cannot be paid"),
     ("NaN", "not an amount"), ("1e3", "not an amount"),
     ("9" * 17, "cannot be paid"), ("٣", "not an amount")],
)  # fmt: skip
def test_a_bad_amount_sets_its_row_aside(tmp_path: Path, amount: str, why: str) -> None:
    """The other rows of the file are not harmed."""
    entries = [Entry([Back("bad", amount)], amount="1.00"), Entry([Back("good")])]
    bad, good = rows_of(tmp_path, Report(entries).xml())
    assert (bad.code, good.end_to_end_id) == ("amount", "good")  # type: ignore[union-attr]
    assert why in bad.why  # type: ignore[union-attr]
    assert bad.line == 4  # type: ignore[union-attr]


def test_nothing_came_back_where_every_element_says_nothing(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, Report([Entry([Back(amount="0.00")])]).xml())
    assert [row.why for row in rows] == ["No element says how much came back."]  # type: ignore[union-attr]


def test_other_bad_values_set_their_row_aside(tmp_path: Path) -> None:
    content = Report([Entry([Back("x" * 201)]), Entry([Back("good")])]).xml()
    bad, good = rows_of(tmp_path, content)
    assert bad.code == "reference"  # type: ignore[union-attr]
    foreign = Report([Entry([Back()])]).xml().replace(b"'EUR'>49.99", b"'XXX'>49.99")
    assert [row.code for row in rows_of(tmp_path, foreign)] == ["currency"]  # type: ignore[union-attr]
    odd = Status([Back(code="A" * 300)]).xml()
    assert [row.code for row in rows_of(tmp_path, odd)] == ["reference"]  # type: ignore[union-attr]
    assert good.end_to_end_id == "good"  # type: ignore[union-attr]
