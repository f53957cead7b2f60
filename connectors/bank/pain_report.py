"""Walks one pain.002 message: which debits were rejected before the money moved, and why."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from connectors.bank.items import (
    NOT_PROVIDED,
    Ignored,
    ReturnedDebit,
    Row,
    SetAside,
    guarded,
)
from connectors.bank.nodes import Node, first_value
from connectors.bank.reasons import UNSTATED, Reason, reason_of
from connectors.bank.sums import Sums
from connectors.bank.values import account_of, day_of, decimal_of, id_of, instant_of, money_of
from domain.money import Money, PositiveMoney

MESSAGES = frozenset({"CstmrPmtStsRpt", "pain.002.001.02"})
_REJECTED = "RJCT"
_OURS = "pain.008"
_AMOUNTS = (
    ("OrgnlTxRef", "Amt", "InstdAmt"),
    ("OrgnlTxRef", "Amt", "EqvtAmt", "Amt"),
    ("OrgnlTxRef", "IntrBkSttlmAmt"),
    ("OrgnlTxRef", "InstdAmt"),
)
_MANDATE = (
    ("OrgnlTxRef", "MndtRltdInf", "MndtId"),
    ("OrgnlTxRef", "MndtRltdInf", "DrctDbtMndt", "MndtId"),
)
_NOTHING = Decimal(0)


class PainReport:
    """One message; `visit` every unit of it in document order."""

    def __init__(self, where: str, sums: Sums) -> None:
        self._where, self._sums = where, sums
        self._count = self._rejected = self._in_payment = 0
        self._total, self._payment_total = _NOTHING, _NOTHING
        self._every_amount = True

    def visit(self, node: Node, message: str) -> list[Row]:
        """The rows that are complete with this unit. Raises FileRefused for wrong sums."""
        if node.name == "TxInfAndSts":
            return self._item(node, message)
        if node.name == "OrgnlPmtInfAndSts":
            return self._close_payment(node)
        if node.name in MESSAGES:
            return self._close_message(node)
        return []

    def _item(self, node: Node, message: str) -> list[Row]:
        self._count += 1
        self._in_payment += 1
        amount = next((one for path in _AMOUNTS if (one := decimal_of(node.value(*path)))), None)
        self._every_amount = self._every_amount and amount is not None
        self._total += amount or _NOTHING
        self._payment_total += amount or _NOTHING
        status = node.value("TxSts") or _status_around(node)
        self._rejected += status == _REJECTED
        position = f"{self._where}, item {self._count}"
        row = guarded(node.line, position, lambda: _read(node, status, message, position))
        return [row]

    def _close_payment(self, node: Node) -> list[Row]:
        said, line = node.value("OrgnlNbOfTxs"), node.line
        self._at_most("A payment block", said, node.value("OrgnlCtrlSum"), line,
                      self._in_payment, self._payment_total)  # fmt: skip
        rows: list[Row] = []
        if not self._in_payment and node.value("PmtInfSts") == _REJECTED:
            rows.append(self._whole(node, "PmtInf", node.value("OrgnlPmtInfId")))
        self._in_payment, self._payment_total = 0, _NOTHING
        return rows

    def _close_message(self, node: Node) -> list[Row]:
        head, line = node.first("GrpHdr"), node.line
        group = node.first("OrgnlGrpInfAndSts")
        if head is not None:
            what = f"The head of {self._where}"
            self._sums.count(f"{what} (NbOfTxs)", head.value("NbOfTxs"), self._count, line)
            if self._every_amount:
                self._sums.total(f"{what} (CtrlSum)", head.value("CtrlSum"), [self._total], line)
        if group is None:
            return []
        self._at_most(f"The original group of {self._where}", group.value("OrgnlNbOfTxs"),
                      group.value("OrgnlCtrlSum"), line, self._count, self._total)  # fmt: skip
        for part in group.all("NbOfTxsPerSts"):
            if part.value("DtldSts") == _REJECTED and self._count:
                what = f"The number of rejections in {self._where} (DtldNbOfTxs)"
                self._sums.count(what, part.value("DtldNbOfTxs"), self._rejected, line)
        if not self._count and group.value("GrpSts") == _REJECTED:
            return [self._whole(node, "message", group.value("OrgnlMsgId"))]
        return []

    def _at_most(
        self, what: str, count: str | None, total: str | None, line: int, seen: int, sum_: Decimal
    ) -> None:
        """The original's numbers: a report names all of it or a part, and never more."""
        number, amount = decimal_of(count), decimal_of(total)
        if count is not None and (number is None or number < seen):
            self._sums.misfit(f"{what} (OrgnlNbOfTxs)", count[:30], seen, line)
        if total is None or not self._every_amount or not seen:
            return
        complete = number is not None and number == seen
        if amount is None or amount < sum_ or (complete and amount != sum_):
            self._sums.misfit(f"{what} (OrgnlCtrlSum)", total[:30], sum_, line)

    def _whole(self, node: Node, what: str, name: str | None) -> SetAside:
        reason = reason_of(_reasons(node))
        told = " ".join(filter(None, (reason.code, reason.proprietary, reason.text)))
        why = f"The whole {what} {(name or '?')[:80]} was rejected: {told[:200] or 'no reason'}."
        return SetAside(line=node.line, position=self._where, code="all_rejected", why=why)


def _status_around(node: Node) -> str:
    """The status of the payment block or the group, where the item has none of its own."""
    parent = node.parent
    while parent is not None:
        found = parent.value("PmtInfSts") or parent.value("OrgnlGrpInfAndSts", "GrpSts")
        if found:
            return found
        parent = parent.parent
    return ""


def _reasons(node: Node) -> list[Node]:
    """Of the item, else of what is around it."""
    place: Node | None = node
    while place is not None:
        found = [*place.all("StsRsnInf"), *place.all("OrgnlGrpInfAndSts", "StsRsnInf")]
        if found:
            return found
        place = place.parent
    return []


def _read(node: Node, status: str, message: str, position: str) -> Row:
    """What one `TxInfAndSts` says. Raises Unusable."""
    reason = reason_of(_reasons(node))
    group = _group_of(node)
    if status != _REJECTED:
        return Ignored(because="success" if status else "no_status")
    if reason.is_success:
        return Ignored(because="success")
    kind = group.value("OrgnlMsgNmId") if group is not None else None
    if kind is not None and "pain.0" in kind and _OURS not in kind:
        return Ignored(because="other")  # a transfer that we ordered
    if not reason.is_stated:
        reason = Reason(None, UNSTATED, reason.text)
    amount = money_of(node.first(*path) for path in _AMOUNTS)
    charges = money_of(node.all("ChrgsInf", "Amt"))
    country, account = account_of(node.value("OrgnlTxRef", "DbtrAcct", "Id", "IBAN"))
    name = first_value(node, ("OrgnlTxRef", "Dbtr", "Nm"), ("OrgnlTxRef", "Dbtr", "Pty", "Nm"))
    references = ("StsId", "OrgnlInstrId", "OrgnlTxId", "AcctSvcrRef")
    return ReturnedDebit(
        line=node.line,
        position=position,
        message=message,
        stage="rejection",
        end_to_end_id=_end_to_end(node),
        mandate_id=id_of(first_value(node, *_MANDATE)),
        references=tuple(f"{n}={v[:100]}" for n in references if (v := node.value(n))),
        amount=None if amount is None else PositiveMoney(minor=amount[0], currency=amount[1]),
        reason_code=reason.code,
        reason_proprietary=reason.proprietary,
        reason_text=reason.text,
        at=_made_at(node),
        collected_on=day_of(node.value("OrgnlTxRef", "ReqdColltnDt")),
        debtor_country=country,
        debtor_name=name[:140] if name else None,
        debtor_account=account,
        charge=None if charges is None else Money(minor=charges[0], currency=charges[1]),
    )


def _end_to_end(node: Node) -> str | None:
    found = id_of(node.value("OrgnlEndToEndId"))
    return None if found is None or found.upper().replace(" ", "") in NOT_PROVIDED else found


def _group_of(node: Node) -> Node | None:
    place = node.parent
    while place is not None and (found := place.first("OrgnlGrpInfAndSts")) is None:
        place = place.parent
    return found if place is not None else None


def _made_at(node: Node) -> dt.datetime | None:
    place = node.parent
    while place is not None:
        if found := instant_of(place.value("GrpHdr", "CreDtTm")):
            return found
        place = place.parent
    return None
