"""Every version and dialect says the same: who, how much, why."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import pytest

from domain.money import Money, PositiveMoney
from tests.contract.bank.build import Back, Entry, Report, Status
from tests.contract.bank.reader import ignored, only, returned, rows_of, set_aside, told

CAMT = [f"camt.05{kind}.001.{number:02}" for kind in (2, 3, 4) for number in range(2, 13)]
CAMT += ["camt.053.001.04.ch.02", "camt.054.001.04.ch.03"]
PAIN = [f"pain.002.001.{number:02}" for number in range(2, 15)]
PAIN += ["pain.002.002.03", "pain.002.003.03", "pain.002.001.03.ch.02"]
EUROS = PositiveMoney(minor=4999, currency="EUR")


@pytest.mark.parametrize("message", CAMT)
def test_camt(tmp_path: Path, message: str) -> None:
    content = Report([Entry([Back(charge="3.50")])], message).xml()
    rows, about = told(tmp_path, content)
    found = only(rows)
    assert about.messages == [message]
    assert found.message == message
    assert found.stage == "return"
    assert (found.end_to_end_id, found.mandate_id) == ("col-1", "mandate-1")
    assert found.amount == EUROS
    assert (found.reason_code, found.reason_proprietary) == ("AM04", None)
    assert found.at == dt.datetime(2026, 6, 2, tzinfo=dt.UTC)
    assert (found.debtor_country, found.debtor_name) == ("NL", "Anna Jansen")
    assert found.charge == Money(minor=350, currency="EUR")


@pytest.mark.parametrize("message", PAIN)
def test_pain(tmp_path: Path, message: str) -> None:
    content = Status([Back(charge="1.00")], message).xml()
    rows, about = told(tmp_path, content)
    found = only(rows)
    assert about.messages == [message]
    assert found.stage == "rejection"
    assert (found.end_to_end_id, found.mandate_id) == ("col-1", "mandate-1")
    assert found.amount == EUROS
    assert found.reason_code == "AM04"
    assert found.at == dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
    assert found.collected_on == dt.date(2026, 6, 1)
    assert found.charge == Money(minor=100, currency="EUR")


@pytest.mark.parametrize("carried_by", ["amt", "tx", "instd", "none"])
def test_the_amount_is_found_wherever_it_stands(tmp_path: Path, carried_by: str) -> None:
    """`none`: the only item of its entry, so the entry says it."""
    content = Report([Entry([Back(carried_by=carried_by)])]).xml()
    assert only(rows_of(tmp_path, content)).amount == EUROS


def test_defect_05_only_tx_amt_and_a_proprietary_reason(tmp_path: Path) -> None:
    """The amount is right, not 0.0, and the bank's own reason is kept."""
    back = Back(carried_by="tx", code=None, proprietary="ABC-7")
    found = only(rows_of(tmp_path, Report([Entry([back])]).xml()))
    assert found.amount == EUROS
    assert (found.reason_code, found.reason_proprietary) == (None, "ABC-7")


def test_both_reasons_are_kept(tmp_path: Path) -> None:
    found = only(rows_of(tmp_path, Status([Back(proprietary="R-3")]).xml()))
    assert (found.reason_code, found.reason_proprietary) == ("AM04", "R-3")


def test_of_several_items_without_an_amount_each_is_set_aside(tmp_path: Path) -> None:
    """What the entry says is the sum of them."""
    items = [Back("a", carried_by="none"), Back("b", carried_by="none")]
    assert set_aside(rows_of(tmp_path, Report([Entry(items)]).xml())) == ["amount", "amount"]


def test_an_included_charge_is_no_part_of_what_was_collected(tmp_path: Path) -> None:
    charge = "<Chrgs><Rcrd><Amt Ccy='EUR'>3.50</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
    back = Back(amount="53.49", carried_by="amt", extra=charge)
    assert only(rows_of(tmp_path, Report([Entry([back])]).xml())).amount == EUROS


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "ISO-8859-15", "windows-1252",
                                      "UTF-16", "cp850"])  # fmt: skip
def test_every_declared_encoding(tmp_path: Path, encoding: str) -> None:
    content = Report([Entry([Back(name="Zoë Müller-Ångström")])]).xml(encoding)
    assert only(rows_of(tmp_path, content)).debtor_name == "Zoë Müller-Ångström"


def test_the_euro_sign_of_iso_8859_15(tmp_path: Path) -> None:
    content = Report([Entry([Back(name="Café €")])]).xml("ISO-8859-15")
    assert b"\xa4" in content
    assert only(rows_of(tmp_path, content)).debtor_name == "Café €"


def test_a_prefix_for_every_element(tmp_path: Path) -> None:
    assert only(rows_of(tmp_path, Report([Entry([Back()])], prefix="ns2").xml())).amount == EUROS


def test_several_documents_one_after_the_other(tmp_path: Path) -> None:
    """Each with its own declaration, encoding and message; lines are those of the file."""
    first = Report([Entry([Back("a")])], "camt.053.001.02").xml("ISO-8859-15")
    second = Status([Back("b", name="Zoë")]).xml()
    rows, about = told(tmp_path, first + b"\n\n" + second + b"<!-- the end -->\n")
    found = returned(rows)
    assert [one.end_to_end_id for one in found] == ["a", "b"]
    assert about.messages == ["camt.053.001.02", "pain.002.001.03"]
    assert found[1].position == "message 2, item 1"
    lines = (first + b"\n\n" + second).split(b"\n")
    assert b"TxInfAndSts" in lines[found[1].line - 1]


def test_several_documents_without_declarations_or_in_a_wrapper(tmp_path: Path) -> None:
    one = Report([Entry([Back("a")])]).xml(declared=False)
    two = Report([Entry([Back("b")])]).xml(declared=False)
    for content in (one + two, b"<Files>" + one + two + b"</Files>"):
        found = returned(rows_of(tmp_path, content))
        assert [row.end_to_end_id for row in found] == ["a", "b"]


def test_gzip_and_zip_with_several_members(tmp_path: Path) -> None:
    one = Report([Entry([Back("a")])]).xml()
    two = Status([Back("b")]).xml()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.xml", one)
        archive.writestr("folder/two.xml", two)
        archive.writestr("__MACOSX/one.xml", b"\0")
    found = returned(rows_of(tmp_path, packed.getvalue()))
    assert [row.end_to_end_id for row in found] == ["a", "b"]
    assert found[1].position == "folder/two.xml, message 2, item 1"
    assert only(rows_of(tmp_path, gzip.compress(one))).end_to_end_id == "a"


def test_a_batch_entry_with_details(tmp_path: Path) -> None:
    items = [Back(f"col-{number}", "1.10", reference=f"r{number}") for number in range(30)]
    found = returned(rows_of(tmp_path, Report([Entry(items, batch=True)]).xml()))
    assert [row.end_to_end_id for row in found] == [f"col-{number}" for number in range(30)]
    assert found[11].position == "message 1, entry 1, item 12"


def test_defect_04_entry_1_item_11_and_entry_11_item_1(tmp_path: Path) -> None:
    """Their positions look alike when they are glued together; they are two returns."""
    from connectors.bank.identity import Occurrences, likeness_of, return_id_of

    entries = [Entry([Back(f"e{n}i{i}") for i in range(1, 12)]) for n in range(1, 12)]
    found = returned(rows_of(tmp_path, Report(entries).xml()))
    occurrences = Occurrences()
    ids = {
        return_id_of(likeness, occurrences.of(item, likeness) + 1)
        for item in found
        for likeness in [likeness_of(item, "file")]
    }
    assert len(ids) == 121
    assert {"message 1, entry 1, item 11", "message 1, entry 11, item 1"} <= {
        item.position for item in found
    }


def test_success_rows_and_other_bookings_are_no_returns(tmp_path: Path) -> None:
    assert ignored(rows_of(tmp_path, Status([Back(), Back(), Back()],
                                            statuses=["ACCP", "ACSC", "ACSP"]).xml())) == [
        "success"] * 3  # fmt: skip
    entries = [
        Entry([Back(code="0000")]),
        Entry([Back(code=None)], direction="CRDT"),
        Entry([Back(code=None)]),
        Entry([Back()], status="PDNG"),
        Entry([Back()], bank_code=_domain("RCDT", "RRTN")),
        Entry([Back()], bank_code=_domain("IDDT", "PRDD")),
    ]
    assert ignored(rows_of(tmp_path, Report(entries).xml())) == [
        "success", "credit", "booking", "pending", "other", "own_reversal",
    ]  # fmt: skip


def test_without_return_information_the_banks_code_tells(tmp_path: Path) -> None:
    german = "<BkTxCd><Prtry><Cd>NDDT+109+00931</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
    entries = [
        Entry([Back("a", code=None)], bank_code=_domain("IDDT", "UPDD")),
        Entry([Back("b", code=None)], bank_code=german),
        Entry([Back("c", code=None)], reversal=True),
    ]
    found = returned(rows_of(tmp_path, Report(entries).xml()))
    assert [(row.end_to_end_id, row.reason_proprietary) for row in found] == [
        ("a", "PMNT-IDDT-UPDD"), ("b", "NDDT+109+00931"), ("c", "unstated"),
    ]  # fmt: skip


def test_reversals_by_direction(tmp_path: Path) -> None:
    """DBIT: a collection taken back. CRDT: the bank takes a return back, for a person to see."""
    assert only(rows_of(tmp_path, Report([Entry([Back()], reversal=True)]).xml()))
    back = Entry([Back()], "CRDT", reversal=True, bank_code=_domain("IDDT", "UPDD"))
    assert set_aside(rows_of(tmp_path, Report([back]).xml())) == ["taken_back"]


def test_a_batch_without_its_items_is_set_aside_with_its_line(tmp_path: Path) -> None:
    entry = Entry(amount="99.98", batch="99.98", batch_count=2, bank_code=_domain("IDDT", "UPDD"))
    rows = rows_of(tmp_path, Report([entry]).xml())
    assert set_aside(rows) == ["no_items"]
    assert rows[0].line == 3  # type: ignore[union-attr]


def test_a_rejected_message_that_names_no_item(tmp_path: Path) -> None:
    reason = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>"
    (row,) = rows_of(tmp_path, Status(group=reason).xml())
    assert row.code == "all_rejected"  # type: ignore[union-attr]
    assert "O-1" in row.why  # type: ignore[union-attr]
    assert "FF01" in row.why  # type: ignore[union-attr]


def test_what_stands_in_supplementary_data_is_no_entry(tmp_path: Path) -> None:
    inside = "<SplmtryData><Envlp><Ntry><Amt Ccy='EUR'>1</Amt></Ntry></Envlp></SplmtryData>"
    content = Report([Entry([Back(extra=inside)])]).xml()
    assert only(rows_of(tmp_path, content)).end_to_end_id == "col-1"


def _domain(family: str, sub: str) -> str:
    return (
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly>"
        "</Domn></BkTxCd>"
    )
