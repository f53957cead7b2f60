"""A template that could not be sent is refused when it is written, in words that say where."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from domain.templates.legal import NAMES, LegalTexts, load_legal_texts
from domain.templates.texts import Texts, load_texts

STARTING = load_texts()
GOOD = {"subject": "Hi", "short": "{name}, {amount}. {link} {brand}", "long": "{amount} {brand}"}


def _with(**notices: Any) -> dict[str, Any]:
    """The starting document with other German notices."""
    document = STARTING.model_dump(mode="json")
    document["languages"]["de"]["notices"] |= notices
    return document


def _with_brand(**own: Any) -> dict[str, Any]:
    document = STARTING.model_dump(mode="json")
    brand = {"name": "Tele", "company": "Tele AG", "contact": "0800 1", "languages": {"de": own}}
    document["brands"] = {"tele": brand}
    return document


def _fault(document: dict[str, Any], model: type[Texts | LegalTexts] = Texts) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return str(caught.value)


def test_the_starting_texts_are_whole() -> None:
    assert STARTING.findings() == []


def test_an_unknown_variable_is_named_with_template_and_language() -> None:
    said = _fault(_with(payment_due_soon=GOOD | {"long": "{amount} {ammount} {brand}"}))
    place = "language de, template notices.payment_due_soon, long"
    assert f"{place}: unknown variable {{ammount}}" in said


def test_a_value_of_another_kind_is_unknown_too() -> None:
    said = _fault(_with(payment_due_soon=GOOD | {"long": "{amount} {fee} {brand}"}))
    assert "unknown variable {fee}" in said


@pytest.mark.parametrize(
    "words", ["{amount} {brand", "{amount} {brand} {0}", "{brand.__class__} {amount} {brand}", "{}"]
)
def test_what_is_no_placeholder_is_refused(words: str) -> None:
    said = _fault(_with(payment_due_soon=GOOD | {"long": words}))
    assert "language de, template notices.payment_due_soon, long" in said


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_brand_can_not_put_its_own_words_in_place_of_the_laws(name: str) -> None:
    said = _fault(_with_brand(blocks={name: "Zahlen Sie sofort."}))
    assert f"brand tele, language de: block {name} is locked" in said


def test_a_brand_can_not_leave_the_words_of_the_law_out() -> None:
    own = {"subject": "Zahlen!", "long": "Zahlen Sie {items} an {brand}."}
    said = _fault(_with_brand(notices={"fourteen_day_letter": own}))
    place = "brand tele, language de, template notices.fourteen_day_letter, long"
    assert f"{place}: must hold the locked block {{legal:fourteen_days}}" in said


def test_a_letter_of_the_law_has_no_short_text() -> None:
    own = {
        "subject": "Z",
        "short": "{items} {brand}",
        "long": "{items}{legal:fourteen_days}{brand}",
    }
    assert "by mail or letter only" in _fault(_with_brand(notices={"fourteen_day_letter": own}))


def test_a_template_says_from_whom_it_comes() -> None:
    said = _fault(_with(payment_due_soon=GOOD | {"short": "{name}, {amount} {link}"}))
    assert "short: does not say from whom it comes" in said


def test_a_kind_that_there_is_not_is_refused() -> None:
    assert "there is no such message" in _fault(_with(plan_agred=GOOD))


def test_a_misspelt_field_is_refused() -> None:
    assert "longg" in _fault(_with(payment_due_soon=GOOD | {"longg": "x"}))


def test_a_brand_may_change_its_own_words_and_blocks() -> None:
    texts = {"subject": "{amount}", "short": "{amount} {brand}", "long": "{block:hallo} {amount}"}
    own = {"payment_due_soon": texts | {"long": "{block:hallo} {amount}"}}
    good = _with_brand(notices=own, blocks={"hallo": "Hallo von {brand}!"})
    assert Texts.model_validate(good).brands["tele"].languages["de"].blocks


def test_a_block_that_there_is_not_is_named() -> None:
    own = GOOD | {"long": "{block:hallo} {amount} {brand}"}
    assert "unknown block {block:hallo}" in _fault(_with_brand(notices={"payment_due_soon": own}))


def test_the_words_of_the_law_are_checked_like_templates() -> None:
    document = load_legal_texts().model_dump(mode="json")
    document["blocks"][0]["texts"]["nl"] = "Stop? {wher}"
    assert "language nl: unknown variable {wher}" in _fault(document, LegalTexts)
    document["blocks"] = [one for one in document["blocks"] if one["name"] != "fourteen_days"]
    assert "legal blocks without words: fourteen_days" in _fault(document, LegalTexts)
