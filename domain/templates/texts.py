"""The texts of messages: one data file a language, chosen and filled in here."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

from babel import Locale
from pydantic import Field

from domain.events.base import Channel, Data
from domain.money import Money
from domain.policy.ruleset import RuleSet
from domain.templates import formats

#: What a short message (SMS, push) names at most; the rest is counted.
_SHORT_ITEMS_MAX = 3


class Text(Data):
    """One message: `short` for SMS and push, `subject` and `long` for mail and letter."""

    subject: str
    short: str
    long: str


class NoTemplate(Exception):
    """There are no words for it, or not all that they need: a short code, for people."""


class LanguageTexts(Data):
    """All texts of a language."""

    reminders: dict[int, Text]
    notices: dict[str, Text] = Field(default_factory=dict)
    thanks_all: Text
    thanks_rest: Text
    #: An item in a list, and what stands for the items left out of a short message.
    item: str
    more: str


class Item(Data):
    """An open invoice as a message names it."""

    invoice_id: str
    open: Money
    due_on: dt.date


class Addressee(Data):
    """Who reads it and from whom it comes."""

    name: str
    language: str
    country: str
    brand: str


class Rendered(Data):
    """What goes out."""

    subject: str | None
    body: str


class Texts(RuleSet):
    """Every language, and which country speaks which."""

    id: Literal["templates"]
    languages: dict[str, LanguageTexts]
    of_country: dict[str, str]

    def language(self, tag: str, country: str) -> str:
        """Exact tag, then its base, then the country's language, then English."""
        tag = tag.lower()
        country_language = self.of_country.get(country, "en")
        for candidate in (tag, tag.split("-")[0], country_language):
            if candidate in self.languages:
                return candidate
        return "en"

    def reminder(
        self,
        to: Addressee,
        channel: Channel,
        *,
        step: int,
        items: list[Item],
        total: Money,
        link: str,
    ) -> Rendered:
        """The reminder of a step, naming the open items. `to.language` is one we have."""
        texts = self.languages[to.language]
        text = texts.reminders[min(step, max(texts.reminders))]
        return self._fill(text, to, channel, items, {"amount": total, "paid": None}, link)

    def thanks(
        self,
        to: Addressee,
        channel: Channel,
        *,
        paid: Money,
        items: list[Item],
        rest: Money,
        link: str,
    ) -> Rendered:
        """The thank-you for `paid`, naming what remains of what is due."""
        texts = self.languages[to.language]
        text = texts.thanks_rest if rest.minor else texts.thanks_all
        return self._fill(text, to, channel, items, {"amount": rest, "paid": paid}, link)

    def notice(
        self,
        to: Addressee,
        channel: Channel,
        *,
        kind: str,
        items: list[Item],
        total: Money,
        link: str,
        values: Mapping[str, str],
    ) -> Rendered:
        """The notice `kind` with the values of whoever owes it. Raises NoTemplate."""
        text = self.languages[to.language].notices.get(kind)
        if text is None:
            raise NoTemplate(kind)
        try:
            return self._fill(text, to, channel, items, {"amount": total}, link, values)
        except KeyError as missing:
            raise NoTemplate(f"{kind}.{missing.args[0]}") from None

    def _fill(
        self,
        text: Text,
        to: Addressee,
        channel: Channel,
        items: list[Item],
        amounts: dict[str, Money | None],
        link: str,
        values: Mapping[str, str] | None = None,
    ) -> Rendered:
        texts = self.languages[to.language]
        locale = formats.locale_of(to.language, to.country)
        is_short = channel in {"sms", "push"}
        words = (
            dict(values or {})
            | {
                "name": to.name,
                "brand": to.brand,
                "link": link,
                "items": _short(items, texts, locale) if is_short else _long(items, texts, locale),
            }
            | {key: formats.money(value, locale) for key, value in amounts.items() if value}
        )
        body = (text.short if is_short else text.long).format_map(words)
        subject = None if channel == "sms" else text.subject.format_map(words)
        return Rendered(subject=subject, body=body.strip())


def _short(items: list[Item], texts: LanguageTexts, locale: Locale) -> str:
    names = [item.invoice_id for item in items[:_SHORT_ITEMS_MAX]]
    if len(items) > _SHORT_ITEMS_MAX:
        names.append(texts.more.format(count=len(items) - _SHORT_ITEMS_MAX))
    return formats.listing(names, locale)


def _long(items: list[Item], texts: LanguageTexts, locale: Locale) -> str:
    return "\n".join(
        texts.item.format(
            invoice=item.invoice_id,
            amount=formats.money(item.open, locale),
            due=formats.date(item.due_on, locale),
        )
        for item in items
    )


def load_texts() -> Texts:
    """All texts, from the data files next to this module: call it at start."""
    folder = files("domain.templates") / "data"
    languages = {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml") and file.name != "countries.toml"
    }
    countries = tomllib.loads((folder / "countries.toml").read_text("utf-8"))
    return Texts.model_validate({**countries, "languages": languages})
