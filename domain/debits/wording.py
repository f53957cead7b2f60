"""Amounts and dates as the customer writes them, for the values of notices."""

from __future__ import annotations

import datetime as dt

from babel import Locale, UnknownLocaleError

from domain.collections.work import Work
from domain.money import Money
from domain.templates import formats


def _locale(work: Work) -> Locale:
    profile = work.state.profile
    if profile is None:
        return formats.locale_of("en", "")
    facts = profile.facts
    try:
        return formats.locale_of(facts.language.partition("-")[0].lower(), facts.country)
    except (UnknownLocaleError, ValueError):
        return formats.locale_of("en", facts.country)


def money_text(work: Work, amount: Money) -> str:
    """The amount in the customer's language."""
    return formats.money(amount, _locale(work))


def date_text(work: Work, day: dt.date) -> str:
    """The date in the customer's language."""
    return formats.date(day, _locale(work))
