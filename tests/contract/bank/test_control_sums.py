"""Control sums: one that does not fit refuses the file; by policy it is booked and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.bank.limits import FileRefused, Limits
from tests.contract.bank.build import Back, Entry, Report, Status
from tests.contract.bank.reader import returned, rows_of, told

TWO = (Back("a", "10.00"), Back("b", "5.50"))


def summary(name: str = "TtlNtries", count: str = "1", total: str = "15.50") -> str:
    return (
        f"<TxsSummry><{name}><NbOfNtries>{count}</NbOfNtries><Sum>{total}</Sum></{name}>"
        "</TxsSummry>"
    )


SOUND = [
    Report([Entry(TWO, batch=True)]),
    Report([Entry(TWO)], summary=summary()),
    Report([Entry(TWO)], summary=summary("TtlDbtNtries")),
    Report([Entry(TWO)], summary=summary("TtlCdtNtries", "0", "0")),
    Report([Entry(TWO), Entry(TWO, "CRDT")], summary=summary("TtlNtries", "2", "31")),
    Report([Entry(TWO), Entry(TWO, "CRDT")], summary=summary("TtlNtries", "2", "0.00")),
    Report([Entry(TWO)], head="<NbOfTxs>2</NbOfTxs><CtrlSum>15.5</CtrlSum>"),
    Status(TWO, head="<NbOfTxs>2</NbOfTxs><CtrlSum>15.50</CtrlSum>"),
    Status(TWO, group="<OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>15.50</OrgnlCtrlSum>"),
    # A report may name a part of what was sent.
    Status(TWO, group="<OrgnlNbOfTxs>9</OrgnlNbOfTxs><OrgnlCtrlSum>99.00</OrgnlCtrlSum>"),
    Status(TWO, payment="<OrgnlNbOfTxs>9</OrgnlNbOfTxs><OrgnlCtrlSum>99.00</OrgnlCtrlSum>"),
    Status(TWO, group="<NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>RJCT</DtldSts>"
           "</NbOfTxsPerSts>"),
]  # fmt: skip
WRONG = [
    Report([Entry(TWO, batch="15.51")]),
    Report([Entry(TWO, batch=True, batch_count=3)]),
    Report([Entry(TWO)], summary=summary(count="2")),
    Report([Entry(TWO)], summary=summary(total="15.49")),
    Report([Entry(TWO)], summary=summary("TtlDbtNtries", total="15.49")),
    Report([Entry(TWO)], summary=summary("TtlCdtNtries")),
    Report([Entry(TWO)], summary=summary(total="fifteen")),
    Report([Entry(TWO)], head="<NbOfTxs>3</NbOfTxs>"),
    Report([Entry(TWO)], head="<CtrlSum>15.49</CtrlSum>"),
    Status(TWO, head="<NbOfTxs>1</NbOfTxs>"),
    Status(TWO, head="<CtrlSum>15.49</CtrlSum>"),
    Status(TWO, group="<OrgnlNbOfTxs>1</OrgnlNbOfTxs>"),
    Status(TWO, group="<OrgnlNbOfTxs>9</OrgnlNbOfTxs><OrgnlCtrlSum>15.49</OrgnlCtrlSum>"),
    Status(TWO, group="<OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>15.51</OrgnlCtrlSum>"),
    Status(TWO, payment="<OrgnlNbOfTxs>1</OrgnlNbOfTxs>"),
    Status(TWO, group="<NbOfTxsPerSts><DtldNbOfTxs>3</DtldNbOfTxs><DtldSts>RJCT</DtldSts>"
           "</NbOfTxsPerSts>"),
]  # fmt: skip


@pytest.mark.parametrize("file", SOUND)
def test_sums_that_fit(tmp_path: Path, file: Report | Status) -> None:
    rows, about = told(tmp_path, file.xml())
    assert {"a", "b"} <= {row.end_to_end_id for row in returned(rows)}
    assert about.misfits == []


@pytest.mark.parametrize("file", WRONG)
def test_a_wrong_sum_refuses_the_file(tmp_path: Path, file: Report | Status) -> None:
    with pytest.raises(FileRefused) as refused:
        rows_of(tmp_path, file.xml())
    assert refused.value.code == "control_sum"
    assert "says" in str(refused.value)
    assert refused.value.line is not None


@pytest.mark.parametrize("file", WRONG)
def test_a_policy_may_book_it_and_tell(tmp_path: Path, file: Report | Status) -> None:
    rows, about = told(tmp_path, file.xml(), Limits(sums_must_fit=False))
    assert [row.end_to_end_id for row in returned(rows)] == ["a", "b"]
    assert about.misfits


def test_charges_may_be_part_of_a_batch(tmp_path: Path) -> None:
    charges = "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>7.00</TtlChrgsAndTaxAmt></Chrgs>"
    entry = Entry(TWO, amount="22.50", batch="22.50", extra=charges)
    assert len(returned(rows_of(tmp_path, Report([entry]).xml()))) == 2


def test_one_page_of_several_is_not_the_whole(tmp_path: Path) -> None:
    pages = "<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"
    content = Report([Entry(TWO)], "camt.053.001.08", summary=pages + summary(count="7")).xml()
    assert len(returned(rows_of(tmp_path, content))) == 2
