"""The rule set `contact`: what the law and courtesy say of contacts, as dated rows.

A row can only take away: of two that hold at once, the stricter one decides. So adding a row, or
switching to a stricter profile, never allows what was forbidden before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from domain.compliance.book import Book
from domain.compliance.rows import (
    DAYS,
    CallsRule,
    CapRule,
    ConversationRule,
    DisclosureRule,
    HoursRule,
    LimitationRule,
    Profile,
    Rule,
    ValidationRule,
    ZonesRule,
)
from domain.events.base import Country, Zone
from domain.policy.ruleset import RuleSet

#: Whose rows hold for countries that have none of their own.
ELSEWHERE = "*"
#: A few jurisdictions, today and the days around it: each keeps spans of its own.
_BOOKS_MAX = 16
AnyRule = Annotated[
    HoursRule
    | ZonesRule
    | CapRule
    | CallsRule
    | ConversationRule
    | DisclosureRule
    | LimitationRule
    | ValidationRule,
    Field(discriminator="kind"),
]


class ContactRules(RuleSet):
    """Contact rules by jurisdiction, of which those of one profile are in force."""

    id: Literal["contact"]
    #: `contract`: what the contract promises and nothing that would change it; `strict`: all.
    profile: Profile
    #: Country -> jurisdiction.
    jurisdictions: dict[Country, str]
    rules: Annotated[tuple[AnyRule, ...], Field(max_length=2000)]
    #: Language -> words that end messages, alone or as the first word; `*`: in every language.
    stop_words: dict[str, tuple[str, ...]]
    #: Language -> texts that end messages only when they are all that was written.
    stop_phrases: dict[str, tuple[str, ...]]
    #: Language -> words by which a reader sees how to end the messages.
    opt_out_marks: dict[str, tuple[str, ...]]
    #: Country, or country and region (`US-CA`) -> every zone that somebody there may be in.
    zones: dict[str, tuple[Zone, ...]]

    @model_validator(mode="after")
    def _is_unambiguous(self) -> ContactRules:
        seen = [(rule.id, rule.valid_from) for rule in self.rules]
        if len(set(seen)) < len(seen):
            raise ValueError("two rows have the same id and valid_from")
        kinds: dict[str, tuple[str, str]] = {}
        for rule in self.rules:
            if kinds.setdefault(rule.id, (rule.kind, rule.jurisdiction)) != (
                rule.kind,
                rule.jurisdiction,
            ):
                raise ValueError(f"{rule.id}: all versions of a row have one kind and jurisdiction")
        return self

    @cached_property
    def _books(self) -> dict[tuple[str, dt.date], Book]:
        return {}

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> ContactRules:
        """A changed copy: what was worked out from the rows before is none of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_books", None)
        return copied

    def jurisdiction_of(self, country: str) -> str:
        """Whose rules hold for somebody in the country."""
        return self.jurisdictions.get(country, ELSEWHERE)

    def book(self, country: str, day: dt.date) -> Book:
        """The rows in force there on that day. Kept: it is asked for at every event."""
        place = self.jurisdiction_of(country), day
        book = self._books.get(place)
        if book is None:
            if len(self._books) >= _BOOKS_MAX:
                self._books.clear()
            book = self._books[place] = Book(place[0], self._in_force(*place))
        return book

    def _in_force(self, jurisdiction: str, day: dt.date) -> list[Rule]:
        """Of each row its newest version that has begun, unless that one has ended."""
        newest: dict[str, Rule] = {}
        for rule in sorted(self.rules, key=lambda one: one.valid_from):
            if rule.jurisdiction == jurisdiction and rule.valid_from <= day:
                newest[rule.id] = rule
        return [
            rule
            for rule in newest.values()
            if (not rule.profiles or self.profile in rule.profiles)
            and (rule.valid_until is None or day <= rule.valid_until)
        ]

    def findings(self) -> list[str]:
        """Who would never be reached, and what was not checked against its source."""
        found = []
        for jurisdiction in sorted({rule.jurisdiction for rule in self.rules}):
            closed = self._days_closed(jurisdiction)
            if len(closed) == len(DAYS):
                found.append(f"{jurisdiction}: every day of the week is closed: nobody is reached")
        unverified = sum("[unverified]" in rule.source for rule in self.rules)
        if unverified:
            found.append(f"{unverified} rows say that their source is unverified")
        return found

    def _days_closed(self, jurisdiction: str) -> set[str]:
        return {
            day
            for rule in self._in_force(jurisdiction, dt.date.max)
            if isinstance(rule, HoursRule) and rule.closed and not rule.regions
            for day in rule.days
            if day != "holiday"
        }
