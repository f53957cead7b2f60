"""Amounts as stories write them: `49.99 EUR`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})")


def money_of(text: str) -> dict[str, Any] | None:
    """The contract's money for such a text; None for any other text."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    amount, currency = match.groups()
    minor = Decimal(amount).scaleb(get_currency_precision(currency))
    if minor != minor.to_integral_value():
        return None
    return {"minor": int(minor), "currency": currency}


def is_money(value: Any) -> bool:
    """Whether a value of an event is the contract's money."""
    return isinstance(value, dict) and set(value) == {"minor", "currency"}


def money_text(money: dict[str, Any]) -> str:
    """The inverse of `money_of`."""
    digits = get_currency_precision(money["currency"])
    return f"{Decimal(money['minor']).scaleb(-digits):f} {money['currency']}"


def with_money(value: Any) -> Any:
    """The value with every amount in it, at any depth, as the contract's money."""
    if isinstance(value, dict):
        return {name: with_money(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_money(one) for one in value]
    found = money_of(value) if isinstance(value, str) else None
    return value if found is None else found
