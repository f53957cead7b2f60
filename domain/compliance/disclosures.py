"""What an electronic message must carry: who writes, and how to end such messages."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from domain.compliance.book import Book
from domain.compliance.policy import ContactRules
from domain.compliance.rows import DisclosureRule, Purpose
from domain.events.base import Channel


def required(book: Book, channel: Channel, purpose: Purpose) -> tuple[DisclosureRule, ...]:
    """The rows that ask something of a message of the channel and purpose."""
    return tuple(
        rule for rule in book.disclosures if channel in rule.channels and purpose in rule.purposes
    )


def disclosures_missing(
    rules: ContactRules,
    country: str,
    day: dt.date,
    channel: Channel,
    purpose: Purpose,
    text: str,
    language: str,
    brand: str,
) -> tuple[str, ...]:
    """The ids of the rows whose demand the text does not meet; empty: it may be sent.

    `brand` is who writes. Ways to end messages are told by the words of the rule set.
    """
    return tuple(
        rule.id
        for rule in required(rules.book(country, day), channel, purpose)
        if not _is_met(rules, rule, text, language, brand)
    )


def _is_met(
    rules: ContactRules, rule: DisclosureRule, text: str, language: str, brand: str
) -> bool:
    if rule.what == "identity":
        return brand.strip() in text
    marks = (*rules.opt_out_marks.get("*", ()), *rules.opt_out_marks.get(language, ()))
    return bool(marks) and _pattern(marks).search(text) is not None


@lru_cache(maxsize=64)
def _pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, marks))})(?!\w)", re.IGNORECASE)
