"""Bank files as stories tell them: a camt.054 of debits that came back, in a few words."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.sax.saxutils import escape

from dunnock.embedded.problems import Problem
from dunnock.playing.frame import Frame
from dunnock.playing.money import money_of, money_text

_SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def camt_of(body: dict[str, Any], frame: Frame, now: dt.datetime) -> bytes:
    """`{ returns = [{ invoice, code, amount }], id }`: our reference is the invoice's id.

    The same `id` and returns on the same day are the same file to the byte.
    """
    day = frame.to_real(now).date()
    entries = "".join(_entry(one, frame, day) for one in body.get("returns", ()))
    if not entries:
        raise Problem("bank_file needs returns = [{ invoice, code, amount }].")
    message = escape(frame.id_out(str(body.get("id", "M1"))))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_SPACE}">'
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message}</MsgId>"
        f"<CreDtTm>{day.isoformat()}T06:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>{message}</Id>"
        f"<Acct><Id><IBAN>NL20INGB0001234567</IBAN></Id></Acct>{entries}</Ntfctn>"
        "</BkToCstmrDbtCdtNtfctn></Document>\n"
    ).encode()


def _entry(one: dict[str, Any], frame: Frame, day: dt.date) -> str:
    money = money_of(str(one.get("amount", "49.99 EUR")))
    if money is None or "invoice" not in one:
        raise Problem(f"a return has an invoice and an amount such as 49.99 EUR: {one}.")
    amount, currency = money_text(money).split()
    value = f'<Amt Ccy="{currency}">{amount}</Amt>'
    reason = escape(str(one.get("code", "AM04")))
    reference = escape(frame.id_out(str(one["invoice"])))
    return (
        f"<Ntry>{value}<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{day.isoformat()}</Dt></BookgDt><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>{value}"
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>\n"
    )
