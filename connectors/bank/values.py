"""Amounts, dates and accounts as ISO 20022 writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from hashlib import blake2b

from babel.numbers import get_currency_precision

from connectors.bank.items import Unusable
from connectors.bank.nodes import Node
from domain.currencies import is_currency
from domain.events.base import YEAR_MAX, YEAR_MIN
from domain.money import MINOR_MAX

_DECIMAL = re.compile(r"\+?[0-9]{1,18}(\.[0-9]{0,10})?|\.[0-9]{1,10}", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}", re.ASCII)
_DATE_LENGTH = len("2026-06-01")


@cache
def _digits(currency: str) -> int:
    return int(get_currency_precision(currency))


def decimal_of(text: str | None) -> Decimal | None:
    """A sum or count as it is written; None for what is none."""
    return Decimal(text) if text is not None and _DECIMAL.fullmatch(text) else None


def minor_of(amount: Node) -> int:
    """Minor units of an amount element. Raises Unusable for what is no amount of a currency."""
    if not is_currency(amount.currency):
        raise Unusable("currency", f"{amount.currency[:10] or 'Nothing'} is not a currency.")
    value = decimal_of(amount.text)
    if value is None:
        raise Unusable("amount", f"{amount.text[:30]!r} is not an amount.")
    minor = value.scaleb(_digits(amount.currency))
    if minor != minor.to_integral_value() or minor > MINOR_MAX:
        raise Unusable("amount", f"{amount.text[:30]} {amount.currency} cannot be paid.")
    return int(minor)


def money_of(candidates: Iterable[Node | None]) -> tuple[int, str] | None:
    """The first amount above nothing: some banks fill an element they don't use with 0."""
    for node in candidates:
        if node is not None and node.text and (minor := minor_of(node)):
            return minor, node.currency
    return None


def instant_of(text: str | None) -> dt.datetime | None:
    """An ISODate or ISODateTime; without an offset it is taken for UTC. None for what is none."""
    if text is None:
        return None
    try:
        if len(text.rstrip("Z")) == _DATE_LENGTH:
            found = dt.datetime.fromisoformat(text.rstrip("Z"))
        else:
            found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if not YEAR_MIN < found.year < YEAR_MAX:
        return None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def day_of(text: str | None) -> dt.date | None:
    """The day of an ISODate or ISODateTime as it is written."""
    found = instant_of(text[:_DATE_LENGTH]) if text else None
    return found.date() if found else None


def account_of(text: str | None) -> tuple[str | None, str | None]:
    """Country and digest of an IBAN."""
    iban = (text or "").replace(" ", "").upper()
    if not iban:
        return None, None
    return (iban[:2] if _IBAN.fullmatch(iban) else None), blake2b(
        iban.encode(), digest_size=15
    ).hexdigest()


def id_of(text: str | None) -> str | None:
    """A reference within the bounds of ids; Unusable when it is longer than any may be."""
    if text is None or not text.strip():
        return None
    if len(text) > 200:
        raise Unusable("reference", "A reference is longer than 200 characters.")
    return text
