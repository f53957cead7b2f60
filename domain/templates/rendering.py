"""Writes a message: the template of brand and language filled in, with the lines the law wants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from babel import Locale

from domain.events.base import Channel, Data
from domain.events.outputs import PolicyRef
from domain.money import Money
from domain.templates import formats
from domain.templates.kinds import MEDIA
from domain.templates.legal import LegalTexts
from domain.templates.placeholders import Malformed, Missing, fill
from domain.templates.texts import Found, LanguageTexts, Texts

#: What a short message (SMS, push) names at most; the rest is counted.
_SHORT_ITEMS_MAX = 3


class NoTemplate(Exception):
    """There are no words for it, or not all that they need: a short code, for people."""


class Item(Data):
    """An open invoice as a message names it."""

    invoice_id: str
    open: Money
    due_on: dt.date


class Addressee(Data):
    """Who reads it and from whom it comes. `language` is the reader's own tag."""

    name: str
    language: str
    country: str
    brand: str


class Rendered(Data):
    """What goes out, in which language, and which template it was."""

    subject: str | None
    body: str
    language: str
    template: PolicyRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a message has to say."""

    #: One of `domain/templates/kinds.py`.
    kind: str
    today: dt.date
    purpose: Literal["service", "collection"]
    step: int | None = None
    items: list[Item] = field(default_factory=list)
    amount: Money
    paid: Money | None = None
    link: str = ""
    #: Values of the kind's own, as text; they may say another `amount` than what the items come to.
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Writer:
    """The texts in force."""

    texts: Texts
    legal: LegalTexts

    def write(self, to: Addressee, channel: Channel, draft: Draft) -> Rendered:
        """The message. Raises NoTemplate, with a code that says what is lacking."""
        language, found = self._find(to, draft)
        try:
            return self._filled(to, channel, draft, language, found)
        except Missing as missing:
            raise NoTemplate(f"{found.name}.{missing.name}") from None
        except (Malformed, KeyError):
            raise NoTemplate(f"{found.name}.malformed") from None

    def language_of(self, to: Addressee, draft: Draft) -> str:
        """In which language the reader would get it. Raises NoTemplate."""
        return self._find(to, draft)[0]

    def _find(self, to: Addressee, draft: Draft) -> tuple[str, Found]:
        for language in self.texts.chain(to.language, to.country):
            if language in self.legal.languages:
                found = self.texts.find(draft.kind, draft.step, language, to.brand)
                if found is not None:
                    return language, found
        raise NoTemplate(draft.kind)

    def _filled(
        self, to: Addressee, channel: Channel, draft: Draft, language: str, found: Found
    ) -> Rendered:
        medium, text = MEDIA[channel], found.text
        template = text.short if medium.is_short else text.long
        if template is None:
            raise NoTemplate(f"{found.name}.short")
        values = self._values(to, draft, language, is_short=medium.is_short)

        def of_law(name: str) -> str:
            return self.legal.words(name, language, draft.today)

        def own(name: str) -> str:
            block = self.texts.block(name, language, to.brand)
            if block is None:
                raise Missing(name)
            return block

        body = fill(template, values, {"legal": of_law, "block": own}).strip()
        names = self.legal.lines_for(channel, to.country, draft.purpose)
        lines = [fill(of_law(name), values, {}) for name in names]
        body = _with_lines(body, lines, is_short=medium.is_short)
        subject = None
        if channel != "sms":
            subject = fill(text.subject, values, {"legal": of_law, "block": own})
            # A header has one line, and a block may have more.
            subject = " ".join(subject.splitlines())
        template_ref = PolicyRef(id=found.name, version=self.texts.version)
        return Rendered(subject=subject, body=body, language=language, template=template_ref)

    def _values(
        self, to: Addressee, draft: Draft, language: str, *, is_short: bool
    ) -> dict[str, str]:
        texts, brand = self.texts.languages[language], self.texts.brands.get(to.brand)
        locale = formats.locale_of(language, to.country)
        items = draft.items
        values = {
            "amount": formats.money(draft.amount, locale),
            **draft.values,
            "name": to.name,
            "brand": brand.name if brand else to.brand,
            "company": brand.company if brand else to.brand,
            "contact": brand.contact if brand else texts.contact,
            "link": draft.link,
            "items": _short(items, texts, locale) if is_short else _long(items, texts, locale),
        }
        if draft.paid is not None:
            values["paid"] = formats.money(draft.paid, locale)
        return values


def _with_lines(body: str, lines: list[str], *, is_short: bool) -> str:
    """The body and the lines under it; one that the template holds already is not repeated."""
    missing = [line for line in lines if line not in body]
    if not missing:
        return body
    return " - ".join((body, *missing)) if is_short else "\n".join((body, "", "--", *missing))


def _short(items: list[Item], texts: LanguageTexts, locale: Locale) -> str:
    names = [item.invoice_id for item in items[:_SHORT_ITEMS_MAX]]
    if len(items) > _SHORT_ITEMS_MAX:
        names.append(fill(texts.more, {"count": str(len(items) - _SHORT_ITEMS_MAX)}, {}))
    return formats.listing(names, locale)


def _long(items: list[Item], texts: LanguageTexts, locale: Locale) -> str:
    return "\n".join(
        fill(
            texts.item,
            {
                "invoice": item.invoice_id,
                "amount": formats.money(item.open, locale),
                "due": formats.date(item.due_on, locale),
            },
            {},
        )
        for item in items
    )
