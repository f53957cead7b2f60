"""Items of camt.052, camt.053 and camt.054: which debits came back, whose, how much and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from connectors.bank.items import NOT_PROVIDED, Ignored, ReturnedDebit, Row, Unusable
from connectors.bank.nodes import Node, first_value
from connectors.bank.reasons import UNSTATED, Reason, reason_of
from connectors.bank.signs import BankCode, bank_code, verdict_of
from connectors.bank.values import account_of, id_of, instant_of, minor_of, money_of
from domain.money import Money, PositiveMoney

_REFERENCES = ("AcctSvcrRef", "TxId", "InstrId", "ClrSysRef")
_NAME_MAX = 140
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says of all its items; read once for each entry."""

    node: Node
    status: str
    direction: str
    reversal: bool
    code: BankCode
    booked_at: dt.datetime | None
    own_account: str | None
    has_charges: bool

    @classmethod
    def of(cls, node: Node) -> Entry:
        """Of `Ntry`."""
        report = node.parent
        return cls(
            node=node,
            status=node.value("Sts", "Cd") or node.value("Sts") or "BOOK",
            direction=node.value("CdtDbtInd") or "",
            reversal=node.value("RvslInd") in _TRUE,
            code=bank_code(node),
            booked_at=_booked_at(node),
            own_account=report.value("Acct", "Id", "IBAN") if report is not None else None,
            has_charges=node.first("Chrgs") is not None,
        )


def item_of(place: Node, entry: Entry, message: str, position: str, *, alone: bool) -> Row:
    """What one `TxDtls` says, or an entry without any (`place` is the entry itself).

    `alone`: it is the only item of its entry, so that what the entry says is said of it.
    Raises Unusable.
    """
    reason = reason_of(place.all("RtrInf"))
    code = bank_code(place) if place.first("BkTxCd") is not None else entry.code
    because = _not_ours(place, entry, reason, code)
    if because is not None:
        return Ignored(because=because)
    if not reason.is_stated:
        stands_for = reason.text[:200] if reason.text and not code.text else code.text
        reason = Reason(None, id_of(stands_for) or UNSTATED, reason.text)
    charge = _charge(place, entry, alone=alone)
    amount = _amount(place, entry, charge, alone=alone)
    country, account = _debtor_account(place, entry)
    name = first_value(
        place, ("RltdPties", "Dbtr", "Nm"), ("RltdPties", "Dbtr", "Pty", "Nm"),
        ("RltdPties", "UltmtDbtr", "Nm"), ("RltdPties", "UltmtDbtr", "Pty", "Nm"),
    )  # fmt: skip
    return ReturnedDebit(
        line=place.line,
        position=position,
        message=message,
        stage="return",
        end_to_end_id=_end_to_end(place),
        mandate_id=id_of(first_value(place, ("Refs", "MndtId"), ("Refs", "MndtRltdInf", "MndtId"))),
        references=_references(place),
        amount=amount,
        reason_code=reason.code,
        reason_proprietary=reason.proprietary,
        reason_text=reason.text,
        at=entry.booked_at
        or instant_of(place.value("RltdDts", "IntrBkSttlmDt"))
        or _made_at(entry),
        debtor_country=country,
        debtor_name=name[:_NAME_MAX] if name else None,
        debtor_account=account,
        charge=charge,
    )


def _not_ours(place: Node, entry: Entry, reason: Reason, code: BankCode) -> str | None:
    """Why the row is no debit of ours that came back; None if it is one. Raises Unusable."""
    reversal = entry.reversal or place.value("RvslInd") in _TRUE
    verdict = verdict_of(code)
    if reason.is_success:
        return "success"
    if entry.status == "PDNG":
        return "pending"
    if (place.value("CdtDbtInd") or entry.direction) != "DBIT":
        if reversal and verdict == "return":
            raise Unusable("taken_back", "The bank takes a return back: look at it by hand.")
        return "credit"
    if verdict in ("own_reversal", "other"):
        return verdict
    is_return = verdict == "return" or place.first("RtrInf") is not None
    # The reversal of a credit is most likely a collection that came back: a person will see it
    # among the unmatched ones if it is none.
    if is_return or (reversal and _end_to_end(place)):
        return None
    return "booking"


def _end_to_end(place: Node) -> str | None:
    found = id_of(place.value("Refs", "EndToEndId"))
    return None if found is None or found.upper().replace(" ", "") in NOT_PROVIDED else found


def _references(place: Node) -> tuple[str, ...]:
    return tuple(
        f"{name}={value[:100]}" for name in _REFERENCES if (value := place.value("Refs", name))
    )


def _amount(
    place: Node, entry: Entry, charge: Money | None, *, alone: bool
) -> PositiveMoney | None:
    """What was to be collected, without the bank's charges, from whichever element says so."""
    stated = money_of(
        (
            place.first("AmtDtls", "InstdAmt", "Amt"),
            place.first("AmtDtls", "TxAmt", "Amt"),
        )
    )
    if stated is None:
        booked = (
            place.first("Amt"),
            place.first("TxAmt"),
            entry.node.first("Amt") if alone else None,
        )
        stated = money_of(booked)
        if stated is not None and charge is not None and _is_included(place, entry):
            stated = _less(stated, charge)
    if stated is None:
        raise Unusable("amount", "No element says how much came back.")
    return PositiveMoney(minor=stated[0], currency=stated[1])


def _less(stated: tuple[int, str], charge: Money) -> tuple[int, str]:
    minor, currency = stated
    fits = currency == charge.currency and minor > charge.minor
    return (minor - charge.minor, currency) if fits else stated


def _is_included(place: Node, entry: Entry) -> bool:
    path = ("Chrgs", "Rcrd", "ChrgInclInd")
    return any(mark.text in _TRUE for mark in (*place.all(*path), *entry.node.all(*path)))


def _charge(place: Node, entry: Entry, *, alone: bool) -> Money | None:
    """What the bank charges for this return: all debits of its `Chrgs` in one currency (F61)."""
    charges = [*place.all("Chrgs")]
    if not charges and alone and entry.has_charges:
        charges = [*entry.node.all("Chrgs")]
    if not charges:
        return None
    records = [record for charge in charges for record in ([*charge.all("Rcrd")] or [charge])]
    amounts = [
        amount
        for record in records
        if record.value("CdtDbtInd") != "CRDT" and (amount := record.first("Amt")) is not None
    ]
    if not amounts:
        amounts = [total for one in charges if (total := one.first("TtlChrgsAndTaxAmt"))]
    if not amounts:
        return None
    currency = amounts[0].currency
    minor = sum(minor_of(amount) for amount in amounts if amount.currency == currency)
    return Money(minor=minor, currency=currency) if minor else None


def _debtor_account(place: Node, entry: Entry) -> tuple[str | None, str | None]:
    """Of the debtor. Some banks swap the two sides of a return: ours is never the debtor's."""
    debtor = place.value("RltdPties", "DbtrAcct", "Id", "IBAN")
    if debtor is None or debtor == entry.own_account:
        debtor = place.value("RltdPties", "CdtrAcct", "Id", "IBAN")
    return account_of(None if debtor == entry.own_account else debtor)


def _booked_at(entry: Node) -> dt.datetime | None:
    dates = (entry.value(day, form) for day in ("BookgDt", "ValDt") for form in ("DtTm", "Dt"))
    return next((found for text in dates if (found := instant_of(text))), None)


def _made_at(entry: Entry) -> dt.datetime | None:
    """When the message was made: the best there is for an entry without a date."""
    report = entry.node.parent
    message = report.parent if report is not None else None
    return instant_of(message.value("GrpHdr", "CreDtTm")) if message is not None else None
