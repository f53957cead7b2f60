"""Builds bank files: every message and dialect from the same few facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape

ISO = "urn:iso:std:iso:20022:tech:xsd:"
SWISS = "http://www.six-interbank-clearing.com/de/"
ROOTS = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


@dataclass(frozen=True)
class Back:
    """A debit that came back."""

    end_to_end_id: str | None = "col-1"
    amount: str = "49.99"
    mandate: str | None = "mandate-1"
    code: str | None = "AM04"
    proprietary: str | None = None
    name: str = "Anna Jansen"
    iban: str = "NL91ABNA0417164300"
    #: Which element carries the amount: amt, tx, instd, none.
    carried_by: str = "tx"
    charge: str | None = None
    reference: str | None = None
    extra: str = ""


@dataclass(frozen=True)
class Entry:
    """An entry of an account report."""

    items: Sequence[Back] = ()
    direction: str = "DBIT"
    booked_on: str = "2026-06-02"
    amount: str | None = None
    reversal: bool = False
    status: str = "BOOK"
    bank_code: str = ""
    batch: bool | str = False
    batch_count: int | None = None
    extra: str = ""

    @property
    def total(self) -> str:
        return self.amount or str(sum((Decimal(one.amount) for one in self.items), Decimal(0)))


@dataclass(frozen=True)
class Report:
    """An account report of any kind and version."""

    entries: Sequence[Entry] = field(default_factory=list)
    message: str = "camt.054.001.08"
    summary: str = ""
    head: str = ""
    prefix: str = ""

    def xml(self, encoding: str = "UTF-8", *, declared: bool = True) -> bytes:
        root, report = ROOTS[self.message[:8]]
        space = (SWISS + self.message + ".xsd") if ".ch." in self.message else ISO + self.message
        entries = "".join(_entry(one, self.message) for one in self.entries)
        body = (
            f'<Document xmlns="{space}"><{root}><GrpHdr><MsgId>M-1</MsgId>'
            f"<CreDtTm>2026-06-02T18:00:00</CreDtTm>{self.head}</GrpHdr><{report}><Id>R-1</Id>"
            f"<Acct><Id><IBAN>NL20INGB0001234567</IBAN></Id></Acct>{self.summary}{entries}"
            f"</{report}></{root}></Document>"
        )
        if self.prefix:
            body = body.replace("</", f"</{self.prefix}:")
            body = body.replace("<", f"<{self.prefix}:").replace(f"<{self.prefix}:/", "</")
            body = body.replace("xmlns=", f"xmlns:{self.prefix}=")
        first = f'<?xml version="1.0" encoding="{encoding}"?>\n' if declared else ""
        return (first + body).encode(encoding)


def version_of(message: str) -> int:
    return int(message.split(".")[3])


def _entry(entry: Entry, message: str) -> str:
    status = entry.status if version_of(message) < 4 else f"<Cd>{entry.status}</Cd>"
    batch = ""
    if entry.batch:
        total = entry.batch if isinstance(entry.batch, str) else entry.total
        count = len(entry.items) if entry.batch_count is None else entry.batch_count
        batch = f"<Btch><NbOfTxs>{count}</NbOfTxs><TtlAmt Ccy='EUR'>{total}</TtlAmt></Btch>"
    items = "\n".join(_item(one, message) for one in entry.items)
    details = f"<NtryDtls>{batch}\n{items}</NtryDtls>" if items or batch else ""
    reversal = "<RvslInd>true</RvslInd>" if entry.reversal else ""
    return (
        f"\n<Ntry><Amt Ccy='EUR'>{entry.total}</Amt><CdtDbtInd>{entry.direction}</CdtDbtInd>"
        f"{reversal}<Sts>{status}</Sts><BookgDt><Dt>{entry.booked_on}</Dt></BookgDt>"
        f"{entry.bank_code}{entry.extra}{details}</Ntry>"
    )


def _item(back: Back, message: str) -> str:
    named = f"<EndToEndId>{back.end_to_end_id}</EndToEndId>" if back.end_to_end_id else ""
    mandate = f"<MndtId>{back.mandate}</MndtId>" if back.mandate else ""
    reference = f"<AcctSvcrRef>{back.reference}</AcctSvcrRef>" if back.reference else ""
    money = f"<Amt Ccy='EUR'>{back.amount}</Amt>"
    amount = {
        "amt": money,
        "tx": f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>",
        "instd": f"<AmtDtls><InstdAmt>{money}</InstdAmt></AmtDtls>",
        "none": "",
    }[back.carried_by]
    charge = ""
    if back.charge:
        one = f"<Amt Ccy='EUR'>{back.charge}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        is_old = version_of(message) < 4
        charge = f"<Chrgs>{one}</Chrgs>" if is_old else f"<Chrgs><Rcrd>{one}</Rcrd></Chrgs>"
    party = f"<Nm>{escape(back.name)}</Nm>"
    debtor = party if version_of(message) < 6 else f"<Pty>{party}</Pty>"
    return (
        f"<TxDtls><Refs>{reference}{named}{mandate}</Refs>{amount}{charge}"
        f"<RltdPties><Dbtr>{debtor}</Dbtr><DbtrAcct><Id><IBAN>{back.iban}</IBAN></Id></DbtrAcct>"
        f"</RltdPties>{_reason('RtrInf', 'Rsn', back)}{back.extra}</TxDtls>"
    )


def _reason(around: str, name: str, back: Back) -> str:
    codes = f"<Cd>{back.code}</Cd>" if back.code else ""
    codes += f"<Prtry>{back.proprietary}</Prtry>" if back.proprietary else ""
    return f"<{around}><{name}>{codes}</{name}></{around}>" if codes else ""


@dataclass(frozen=True)
class Status:
    """A pain.002 of any version; the first one has no payment blocks."""

    items: Sequence[Back] = ()
    message: str = "pain.002.001.03"
    statuses: Sequence[str] = ()
    group: str = ""
    payment: str = ""
    head: str = ""
    collected_on: str = "2026-06-01"

    def xml(self, encoding: str = "UTF-8") -> bytes:
        old = self.message == "pain.002.001.02"
        root = "pain.002.001.02" if old else "CstmrPmtStsRpt"
        space = (SWISS + self.message + ".xsd") if ".ch." in self.message else ISO + self.message
        statuses = self.statuses or ["RJCT"] * len(self.items)
        items = "\n".join(
            self._item(one, status, old=old)
            for one, status in zip(self.items, statuses, strict=True)
        )
        block = "OrgnlPmtInfAndSts"
        payment = f"<OrgnlPmtInfId>P-1</OrgnlPmtInfId>{self.payment}"
        inside = items if old else f"<{block}>{payment}\n{items}</{block}>"
        return (
            f'<?xml version="1.0" encoding="{encoding}"?>\n<Document xmlns="{space}"><{root}>'
            f"<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-06-01T08:00:00+02:00</CreDtTm>{self.head}"
            "</GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>O-1</OrgnlMsgId>"
            f"<OrgnlMsgNmId>pain.008.001.02</OrgnlMsgNmId>{self.group}</OrgnlGrpInfAndSts>"
            f"{inside}</{root}></Document>"
        ).encode(encoding)

    def _item(self, back: Back, status: str, *, old: bool) -> str:
        named = back.end_to_end_id or "NOTPROVIDED"
        money = f"<InstdAmt Ccy='EUR'>{back.amount}</InstdAmt>"
        amount = "" if back.carried_by == "none" else f"<Amt>{money}</Amt>"
        mandate = f"<MndtId>{back.mandate}</MndtId>" if back.mandate else ""
        if mandate and version_of_pain(self.message) >= 10:
            mandate = f"<DrctDbtMndt>{mandate}</DrctDbtMndt>"
        charge = f"<ChrgsInf><Amt Ccy='EUR'>{back.charge}</Amt></ChrgsInf>" if back.charge else ""
        reason = _reason("StsRsnInf", "StsRsn" if old else "Rsn", back)
        return (
            f"<TxInfAndSts><StsId>{back.reference or 'x'}</StsId>"
            f"<OrgnlEndToEndId>{named}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}{charge}"
            f"<OrgnlTxRef>{amount}<ReqdColltnDt>{self.collected_on}</ReqdColltnDt>"
            f"<MndtRltdInf>{mandate}</MndtRltdInf><Dbtr><Nm>{escape(back.name)}</Nm></Dbtr>"
            f"<DbtrAcct><Id><IBAN>{back.iban}</IBAN></Id></DbtrAcct></OrgnlTxRef></TxInfAndSts>"
        )


def version_of_pain(message: str) -> int:
    return int(message.split(".")[3])
