"""The control sums of a camt message: of its batches, its reports, and the message itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connectors.bank.nodes import Node
from connectors.bank.sums import Sums
from connectors.bank.values import decimal_of

_NOTHING = Decimal(0)
#: What was booked before what was instructed, and the other way round: banks differ.
_AMOUNTS = (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt"))
_PAGES = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")


@dataclass(slots=True)
class _Tally:
    """How many, and how much by either reading; `unknown`: some had no amount."""

    count: int = 0
    booked: Decimal = _NOTHING
    instructed: Decimal = _NOTHING
    unknown: bool = False

    def add(self, booked: Decimal | None, instructed: Decimal | None) -> None:
        self.count += 1
        self.unknown = self.unknown or booked is None
        self.booked += booked or _NOTHING
        self.instructed += instructed or _NOTHING


class CamtSums:
    """Told of every item and entry, it checks what is said at the end of each level."""

    def __init__(self, where: str, sums: Sums) -> None:
        self._where, self._sums = where, sums
        self._message = _Tally()
        self._block = _Tally()
        self._entries = 0
        self._details: Node | None = None
        self._has_sum = False
        self._begin_report()

    def _begin_report(self) -> None:
        self._sides = {"CRDT": _Tally(), "DBIT": _Tally()}
        self._currencies: set[str] = set()

    def item(self, node: Node) -> None:
        """An item of the present batch."""
        if not self._is_summed(node):
            self._block.count += 1
            self._message.count += 1
            return
        found = [decimal_of(node.value(*path)) for path in _AMOUNTS]
        booked = next(filter(None, found), None)
        instructed = next(filter(None, reversed(found)), None)
        self._block.add(booked, instructed)
        self._message.add(booked, instructed)

    def _is_summed(self, node: Node) -> bool:
        """Whether anybody around the item states a sum: adding up takes as long as reading."""
        details = node.parent
        if details is not self._details:
            message = details
            while message is not None and message.first("GrpHdr") is None:
                message = message.parent
            head = message.first("GrpHdr", "CtrlSum") if message is not None else None
            batch = details.first("Btch", "TtlAmt") if details is not None else None
            self._details, self._has_sum = details, head is not None or batch is not None
        return self._has_sum

    def close_batch(self, details: Node) -> int:
        """At the end of `NtryDtls`; gives how many items it had."""
        batch, line, block = details.first("Btch"), details.line, self._block
        if batch is not None and block.count:
            where = f"The batch of entry {self._entries + 1} in {self._where}"
            self._sums.count(f"{where} (NbOfTxs)", batch.value("NbOfTxs"), block.count, line)
            if not block.unknown:
                totals = {block.booked, block.instructed}
                charges = _charges(details.within("Ntry"))
                totals |= {total + charges for total in totals}
                self._sums.total(f"{where} (TtlAmt)", batch.value("TtlAmt"), totals, line)
        self._block = _Tally()
        return block.count

    def close_entry(self, entry: Node) -> None:
        """At the end of `Ntry`."""
        self._entries += 1
        amount = entry.first("Amt")
        if amount is not None:
            self._currencies.add(amount.currency)
        if (side := self._sides.get(entry.value("CdtDbtInd") or "")) is not None:
            value = decimal_of(amount.text) if amount is not None else None
            side.add(value, value)

    def close_report(self, report: Node) -> None:
        """At the end of a statement, report or notification. Of several pages none is whole."""
        summary = report.first("TxsSummry")
        pages = next((found for name in _PAGES if (found := report.first(name))), None)
        is_whole = pages is None or (
            pages.value("PgNb") == "1" and pages.value("LastPgInd") in ("true", "1")
        )
        if summary is not None and is_whole:
            self._check(summary, report.line)
        self._begin_report()

    def _check(self, summary: Node, line: int) -> None:
        credit, debit = self._sides["CRDT"], self._sides["DBIT"]
        gross, net = credit.booked + debit.booked, abs(credit.booked - debit.booked)
        for name, count, totals in (
            ("TtlNtries", credit.count + debit.count, {gross, net}),
            ("TtlCdtNtries", credit.count, {credit.booked}),
            ("TtlDbtNtries", debit.count, {debit.booked}),
        ):
            said = summary.first(name)
            if said is None:
                continue
            what = f"The summary of {self._where} ({name}"
            self._sums.count(f"{what}/NbOfNtries)", said.value("NbOfNtries"), count, line)
            if len(self._currencies) <= 1:
                self._sums.total(f"{what}/Sum)", said.value("Sum"), totals, line)

    def close_message(self, message: Node) -> None:
        """No camt has these by the standard; a bank that adds them means them."""
        head, line, found = message.first("GrpHdr"), message.line, self._message
        if head is None:
            return
        what = f"The head of {self._where}"
        self._sums.count(
            f"{what} (NbOfTxs)", head.value("NbOfTxs"), found.count or self._entries, line
        )
        if found.count and not found.unknown:
            totals = {found.booked, found.instructed}
            self._sums.total(f"{what} (CtrlSum)", head.value("CtrlSum"), totals, line)


def _charges(entry: Node | None) -> Decimal:
    texts = [one.text for one in entry.all("Chrgs", "TtlChrgsAndTaxAmt")] if entry else []
    return sum((found for text in texts if (found := decimal_of(text))), _NOTHING)
