"""Money, dates and lists as people of a language and country write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, get_currency_precision

from domain.money import Money

#: No-break spaces are not in the SMS alphabet: one of them more than halves what fits in a text.
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


@lru_cache(maxsize=256)
def locale_of(language: str, country: str) -> Locale:
    """The language as written in the country (a comma or a point, the date's order).

    A tag may hold more than a language, or one that CLDR does not know: then as it stands by
    itself, at last as in English. Total.
    """
    for tag in (f"{language}-{country}", language):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


def money(amount: Money, locale: Locale) -> str:
    """`EUR 4999` as `€ 49,99`, `49,99 €` or `€49.99`."""
    return _money(amount.minor, amount.currency, locale)


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, locale: Locale) -> str:
    value = Decimal(minor).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=locale).translate(_SPACES)


def date(day: dt.date, locale: Locale) -> str:
    """A date in words or numbers, never ambiguous about day and month."""
    return format_date(day, "long", locale=locale).translate(_SPACES)


def listing(parts: list[str], locale: Locale) -> str:
    """`a, b and c`."""
    return format_list(parts, style="standard", locale=locale) if parts else ""
