"""The rule set `templates`: the texts of messages, by language and brand, checked as a whole."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from domain.events.base import Data
from domain.policy.ruleset import RuleSet
from domain.templates import checking
from domain.templates.kinds import KINDS, REMINDER, THANKS_ALL, THANKS_REST
from domain.templates.languages import ByTag, Tag

_TEXT_MAX = 8_000
Words = Annotated[str, Field(min_length=1, max_length=_TEXT_MAX)]


class Text(Data):
    """One message: `short` for SMS and push, `subject` and `long` for mail and letter."""

    model_config = RuleSet.model_config

    subject: Words
    #: Left out where the words are too long, or too grave, for a text message.
    short: Words | None = None
    long: Words


class OwnTexts(Data):
    """What a brand has in its own words; the rest is the language's. Words of law can't be here."""

    model_config = RuleSet.model_config

    reminders: dict[int, Text] = Field(default_factory=dict)
    thanks_all: Text | None = None
    thanks_rest: Text | None = None
    notices: dict[str, Text] = Field(default_factory=dict)
    blocks: dict[str, Words] = Field(default_factory=dict)


class LanguageTexts(OwnTexts):
    """All texts of a language."""

    reminders: Annotated[dict[int, Text], Field(min_length=1)]
    thanks_all: Text
    thanks_rest: Text
    #: An item in a list, and what stands for the items left out of a short message.
    item: Words
    more: Words
    #: How to reach us, where the brand does not say it.
    contact: str = ""


class Brand(Data):
    """Who writes, when it is not the product's own name."""

    model_config = RuleSet.model_config

    #: As readers know it, who stands behind it by law, and how to reach them.
    name: Words
    company: Words
    contact: Words
    #: Lines of the sender's address on a letter.
    sender: tuple[Words, ...] = ()
    languages: ByTag[OwnTexts] = Field(default_factory=dict)


class Found(NamedTuple):
    """A template, and its name for people: `nl/reminders.1`, with the brand's before it."""

    text: Text
    name: str


class Texts(RuleSet):
    """Every language and brand, and which country speaks which."""

    id: Literal["templates"]
    languages: ByTag[LanguageTexts]
    of_country: dict[str, Tag]
    brands: dict[str, Brand] = Field(default_factory=dict)

    def chain(self, tag: str, country: str) -> tuple[str, ...]:
        """Exact tag, then its base, then the country's language, then English; those we have."""
        tag = tag.lower()
        wanted = (tag, tag.split("-")[0], self.of_country.get(country, "en"), "en")
        return tuple(dict.fromkeys(one for one in wanted if one in self.languages))

    def language(self, tag: str, country: str) -> str:
        """The first of the chain."""
        return next(iter(self.chain(tag, country)), "en")

    def find(self, kind: str, step: int | None, language: str, brand: str) -> Found | None:
        """The brand's own template of the kind, else the language's; None without either."""
        own = self.brands[brand].languages.get(language) if brand in self.brands else None
        if own is not None and (found := _in(own, kind, step)):
            return Found(found[0], f"{brand}:{language}/{found[1]}")
        texts = self.languages.get(language)
        if texts is None:
            return None
        # A step beyond the last, or one left out, speaks as the one before it.
        steps = [number for number in texts.reminders if number <= (step or 1)]
        found = _in(texts, kind, max(steps, default=min(texts.reminders)))
        return Found(found[0], f"{language}/{found[1]}") if found else None

    def block(self, name: str, language: str, brand: str) -> str | None:
        """The brand's own block, else the language's."""
        own = self.brands[brand].languages.get(language) if brand in self.brands else None
        mine = own.blocks.get(name) if own is not None else None
        return mine or self.languages[language].blocks.get(name)

    def every(self) -> Iterator[tuple[str, str, Text, Mapping[str, str]]]:
        """Each template: whose and where, its kind, itself, and the blocks that it may name."""
        for language, texts in self.languages.items():
            for kind, name, text in _all(texts):
                yield f"language {language}, template {name}", kind, text, texts.blocks
        for brand, mine in self.brands.items():
            for language, own in mine.languages.items():
                theirs = self.languages[language].blocks if language in self.languages else {}
                for kind, name, text in _all(own):
                    where = f"brand {brand}, language {language}, template {name}"
                    yield where, kind, text, {**theirs, **own.blocks}

    def _inherited(self) -> Iterator[tuple[str, str, Text, Mapping[str, str]]]:
        """The language's templates that a brand sends with blocks of its own in them."""
        for brand, mine in self.brands.items():
            for language, own in mine.languages.items():
                theirs, replaced = self.languages[language], {name for _, name, _ in _all(own)}
                for kind, name, text in _all(theirs) if own.blocks else ():
                    if name not in replaced:
                        where = f"brand {brand}, language {language}, template {name}"
                        yield where, kind, text, {**theirs.blocks, **own.blocks}

    @model_validator(mode="after")
    def _is_sound(self) -> Texts:
        if "en" not in self.languages:
            raise ValueError("there are no English texts, the last resort for every reader")
        for brand, mine in self.brands.items():
            if strangers := sorted(set(mine.languages) - set(self.languages)):
                raise ValueError(f"brand {brand}: {strangers[0]} is not one of the languages")
        blocks = [(f"language {key}", one.blocks) for key, one in self.languages.items()]
        blocks += [
            (f"brand {name}, language {key}", own.blocks)
            for name, mine in self.brands.items()
            for key, own in mine.languages.items()
        ]
        faults = [fault for where, those in blocks for fault in checking.of_blocks(where, those)]
        for language, one in self.languages.items():
            faults += checking.of_lists(f"language {language}", one.item, one.more)
        for where, kind, text, known in (*self.every(), *self._inherited()):
            faults += checking.of_template(where, kind, text, known)
        if faults:
            raise ValueError("; ".join(faults[:5]))
        return self

    def findings(self) -> list[str]:
        """Kinds without words of their own in a language, and texts of many SMS."""
        found = []
        for language, texts in self.languages.items():
            lacking = sorted(set(KINDS) - {REMINDER, THANKS_ALL, THANKS_REST} - set(texts.notices))
            if lacking and language != "en":
                found.append(
                    f"{language} has no {', '.join(lacking)}: readers get another language"
                )
            elif lacking:
                found.append(f"en has no {', '.join(lacking)}: nobody gets them")
        return found + [
            line for where, _, text, _ in self.every() for line in _too_long(where, text)
        ]


def _too_long(where: str, text: Text) -> Collection[str]:
    parts = checking.sms_parts_about(text.short) if text.short else 0
    return [f"{where}: about {parts} SMS"] if parts > checking.SMS_PARTS_MAX else ()


def _in(texts: OwnTexts, kind: str, step: int | None) -> tuple[Text, str] | None:
    if kind == REMINDER:
        text = texts.reminders.get(step or 1)
        return (text, f"reminders.{step or 1}") if text is not None else None
    if kind in {THANKS_ALL, THANKS_REST}:
        text = texts.thanks_all if kind == THANKS_ALL else texts.thanks_rest
        return (text, kind) if text is not None else None
    text = texts.notices.get(kind)
    return (text, f"notices.{kind}") if text is not None else None


def _all(texts: OwnTexts) -> Iterator[tuple[str, str, Text]]:
    for step, text in texts.reminders.items():
        yield REMINDER, f"reminders.{step}", text
    for kind, thanks in ((THANKS_ALL, texts.thanks_all), (THANKS_REST, texts.thanks_rest)):
        if thanks is not None:
            yield kind, kind, thanks
    for kind, text in texts.notices.items():
        yield kind, f"notices.{kind}", text


def load_texts() -> Texts:
    """All texts, from the data files next to this module: call it at start."""
    folder = files("domain.templates") / "data"
    languages = {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml") and file.name not in {"countries.toml", "legal.toml"}
    }
    countries = tomllib.loads((folder / "countries.toml").read_text("utf-8"))
    return Texts.model_validate({**countries, "languages": languages})
