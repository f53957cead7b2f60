"""What was accepted is written: nothing that a rule set says is found out at the first mail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.money import Money
from domain.templates import formats
from domain.templates.legal import LegalTexts, load_legal_texts
from domain.templates.rendering import Addressee, Draft, Item, NoTemplate, Rendered, Writer
from domain.templates.texts import LanguageTexts, Texts, load_texts

TEXTS, LEGAL = load_texts(), load_legal_texts()
EUR_50 = Money(minor=5000, currency="EUR")


def _texts(**german: Any) -> dict[str, Any]:
    document = TEXTS.model_dump(mode="json")
    document["languages"]["de"] |= german
    return document


def _item(number: int) -> Item:
    return Item(invoice_id=f"R-{number}", open=EUR_50, due_on=dt.date(2026, 5, 29))


def _write(
    texts: Texts, language: str, channel: Any = "email", legal: LegalTexts = LEGAL
) -> Rendered:
    to = Addressee(name="Eva", language=language, country="BE", brand="tele")
    draft = Draft(
        kind="reminder",
        today=dt.date(2026, 6, 1),
        purpose="collection",
        step=1,
        items=[_item(number) for number in range(5)],
        amount=EUR_50,
        link="https://pay.example/T",
    )
    return Writer(texts, legal).write(to, channel, draft)


@pytest.mark.parametrize("field", ["item", "more"])
@pytest.mark.parametrize(
    "words", ["{invoice} {amount", "{}", "{invoice.x}", "{nobody}", "{count:>9}", "{block:hi}"]
)
def test_words_of_a_list_are_checked_as_all_others(field: str, words: str) -> None:
    with pytest.raises(ValidationError, match=f"language de, {field}"):
        Texts.model_validate(_texts(**{field: words}))


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_words_of_a_list_that_nobody_checked_hold_a_message_only(channel: Any) -> None:
    """Rows that were kept before the check was there."""
    german = TEXTS.languages["de"].model_copy(update={"item": "{nobody}", "more": "{count"})
    texts = TEXTS.model_copy(update={"languages": {**TEXTS.languages, "de": german}})
    with pytest.raises(NoTemplate):
        _write(texts, "de", channel)


@pytest.mark.parametrize("tag", ["pt-br", "zh-hant", "xx", "nl-be", "en", "und", "de-1996"])
def test_every_language_has_a_way_to_write_money(tag: str) -> None:
    assert "50" in formats.money(EUR_50, formats.locale_of(tag, "BE"))


@given(st.from_regex(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", fullmatch=True), st.sampled_from("NL"))
def test_no_tag_of_a_language_is_too_strange(tag: str, country: str) -> None:
    locale = formats.locale_of(tag, country * 2)
    assert formats.money(EUR_50, locale)
    assert formats.date(dt.date(2026, 6, 1), locale)
    assert formats.listing(["a", "b", "c"], locale)


def test_a_region_keeps_its_own_way_to_write() -> None:
    """`pt-br` is Portuguese as in Brazil wherever it is read."""
    assert str(formats.locale_of("pt-br", "PT")) == "pt_BR"
    assert str(formats.locale_of("nl", "BE")) == "nl_BE"


@pytest.mark.parametrize("tag", ["", "n", "dutch language", "nl_BE", "../nl"])
def test_a_key_that_is_no_tag_is_refused(tag: str) -> None:
    document = TEXTS.model_dump(mode="json")
    document["languages"][tag] = document["languages"]["nl"]
    with pytest.raises(ValidationError, match="languages"):
        Texts.model_validate(document)


def test_one_language_is_not_written_twice() -> None:
    document = TEXTS.model_dump(mode="json")
    document["languages"]["NL"] = document["languages"]["nl"]
    with pytest.raises(ValidationError, match="the same language stands there twice"):
        Texts.model_validate(document)


def _flemish(name: str = "nl-BE") -> Texts:
    document = TEXTS.model_dump(mode="json")
    document["languages"][name] = document["languages"]["nl"] | {"item": "* {invoice}"}
    return Texts.model_validate(document)


def test_the_exact_tag_is_found_however_it_is_written() -> None:
    legal = LEGAL.model_dump(mode="json")
    for block in legal["blocks"]:
        block["texts"]["nl-BE"] = block["texts"]["nl"]
    written = _write(_flemish(), "nl-BE", legal=LegalTexts.model_validate(legal))
    assert written.language == "nl-be"
    assert "* R-0" in written.body


def test_a_language_without_words_of_law_is_passed_over() -> None:
    assert _write(_flemish(), "nl-BE").language == "nl"


def _with_block(subject: str, greeting: str) -> Texts:
    german: LanguageTexts = TEXTS.languages["de"]
    first = german.reminders[1].model_dump(mode="json") | {"subject": subject}
    reminders = german.model_dump(mode="json")["reminders"] | {"1": first}
    return Texts.model_validate(_texts(reminders=reminders, blocks={"hi": greeting}))


def test_a_block_in_a_subject_is_put_in_on_one_line() -> None:
    written = _write(_with_block("{block:hi}: {amount}", "Hallo\r\n{name}"), "de")
    assert written.subject is not None
    assert written.subject.startswith("Hallo Eva: 50")
    assert "\n" not in written.subject


def test_a_brands_block_is_checked_in_the_templates_of_its_language() -> None:
    document = _with_block("{block:hi}", "Hallo {name}").model_dump(mode="json")
    brand: dict[str, Any] = {"name": "Tele", "company": "Tele AG", "contact": "0800 1"}
    own: dict[str, Any] = {"blocks": {"hi": "Hallo {fee}"}}
    document["brands"] = {"tele": brand | {"languages": {"de": own}}}
    said = r"brand tele, language de, template reminders.1, subject: unknown variable \{fee\}"
    with pytest.raises(ValidationError, match=said):
        Texts.model_validate(document)
    # Its own template in that place does without the block.
    text = document["languages"]["de"]["reminders"]["1"]
    own["reminders"] = {1: text | {"subject": "Hallo"}}
    assert Texts.model_validate(document)
