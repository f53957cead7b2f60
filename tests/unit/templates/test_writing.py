"""What readers get: language, brand, the words of the law, and nothing put in twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events.base import Channel
from domain.money import Money
from domain.templates.kinds import KINDS, MEDIA, REMINDER, THANKS_ALL, THANKS_REST
from domain.templates.legal import load_legal_texts
from domain.templates.placeholders import Missing, fill
from domain.templates.rendering import Addressee, Draft, Item, NoTemplate, Rendered, Writer
from domain.templates.sms import sms_length
from domain.templates.texts import Texts, load_texts

TEXTS, LEGAL = load_texts(), load_legal_texts()
EUR = "EUR"
NOTICES = sorted(set(KINDS) - {REMINDER, THANKS_ALL, THANKS_REST})


def _draft(kind: str, **changes: Any) -> Draft:
    item = Item(
        invoice_id="2026-001", open=Money(minor=4999, currency=EUR), due_on=dt.date(2026, 5, 29)
    )
    fields: dict[str, Any] = {
        "kind": kind,
        "today": dt.date(2026, 6, 1),
        "purpose": "collection",
        "items": [item],
        "amount": Money(minor=4999, currency=EUR),
        "link": "https://pay.example/T",
        "values": {name: f"<{name}>" for name in KINDS[kind].values},
    }
    return Draft(**(fields | changes))


def _write(
    kind: str, channel: Channel = "email", language: str = "nl", texts: Texts = TEXTS, **to: str
) -> Rendered:
    reader = {"name": "Eva", "country": "NL", "brand": "Dunnock"} | to
    addressee = Addressee(language=language, **reader)
    return Writer(texts, LEGAL).write(addressee, channel, _draft(kind))


@pytest.mark.parametrize("language", ["en", "nl", "de"])
@pytest.mark.parametrize("kind", NOTICES)
def test_every_notice_can_be_written_with_the_values_of_its_kind(kind: str, language: str) -> None:
    for channel, medium in MEDIA.items():
        if medium.is_short and KINDS[kind].long_only:
            continue
        text = _write(kind, channel, language)  # type: ignore[arg-type]
        assert text.language == language
        assert "{" not in text.body
        assert text.template.id == f"{language}/notices.{kind}"


def test_the_fourteen_day_letter_counts_from_delivery_and_names_the_exact_costs() -> None:
    """From today, or from the day it was sent, would void the costs (D11)."""
    body = _write("fourteen_day_letter", "letter").body
    assert "binnen veertien dagen vanaf de dag nadat deze brief bij je is bezorgd" in body
    assert "<fee>" in body
    assert "<total>" in body
    assert "€ 49,99" in body
    for void in ("vanaf vandaag", "na verzending", "na dagtekening"):
        assert void not in body


@pytest.mark.parametrize("kind", [REMINDER, THANKS_ALL, *NOTICES])
def test_every_electronic_message_says_who_writes_and_how_to_stop_it(kind: str) -> None:
    for channel in ("sms", "push", "email"):
        if MEDIA[channel].is_short and KINDS[kind].long_only:
            continue
        draft = _draft(kind, paid=Money(minor=100, currency=EUR))
        reader = Addressee(name="Eva", language="nl", country="NL", brand="Dunnock")
        body = Writer(TEXTS, LEGAL).write(reader, channel, draft).body  # type: ignore[arg-type]
        assert "Dunnock" in body
        assert "STOP" in body or "Afmelden" in body


def test_a_letter_carries_no_opt_out() -> None:
    assert "STOP" not in _write("payment_due_soon", "letter").body


def test_a_reader_in_the_united_states_is_told_that_a_debt_is_collected() -> None:
    assert (
        "attempt to collect a debt" in _write("payment_due_soon", language="en", country="US").body
    )
    assert "attempt to collect" not in _write("payment_due_soon", language="en", country="IE").body


@pytest.mark.parametrize(
    ("tag", "country", "used"), [("nl-BE", "BE", "nl"), ("fr", "DE", "de"), ("tr", "FR", "en")]
)
def test_a_missing_language_falls_back_along_the_chain(tag: str, country: str, used: str) -> None:
    assert _write("payment_due_soon", language=tag, country=country).language == used


def test_a_language_without_the_template_or_the_words_of_the_law_is_passed_over() -> None:
    document = TEXTS.model_dump(mode="json")
    del document["languages"]["nl"]["notices"]["payment_due_soon"]
    document["languages"]["fr"] = document["languages"]["en"]
    texts = Texts.model_validate(document)
    assert _write("payment_due_soon", texts=texts).language == "en"
    assert _write("payment_due_soon", texts=texts, language="fr", country="DE").language == "de"


def test_a_brand_speaks_with_its_own_words_and_keeps_the_laws() -> None:
    document = TEXTS.model_dump(mode="json")
    long = "Hoi {name}! {block:hoi} {items} {legal:fourteen_days} {brand}"
    own = {"notices": {"fourteen_day_letter": {"subject": "Brief", "long": long}}}
    document["brands"]["tele"] = {
        "name": "Tele", "company": "Tele B.V.", "contact": "bel 0800",
        "languages": {"nl": own | {"blocks": {"hoi": "Van {company}."}}},
    }  # fmt: skip
    text = _write("fourteen_day_letter", texts=Texts.model_validate(document), brand="tele")
    assert text.body.startswith("Hoi Eva! Van Tele B.V..")
    assert "vanaf de dag nadat deze brief bij je is bezorgd" in text.body
    assert text.template.id == "tele:nl/notices.fourteen_day_letter"
    other = _write("payment_due_soon", texts=Texts.model_validate(document), brand="tele")
    assert other.template.id == "nl/notices.payment_due_soon"
    assert "Verzonden door Tele B.V." in other.body


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(NoTemplate, match=r"nl/notices.handed_over.collector"):
        Writer(TEXTS, LEGAL).write(
            Addressee(name="Eva", language="nl", country="NL", brand="D"),
            "email",
            _draft("handed_over", values={}),
        )


@given(st.text(max_size=40), st.text(max_size=40))
def test_values_are_put_in_once_whatever_they_look_like(name: str, brand: str) -> None:
    """A customer may call themselves {link}: nothing in a value is ever read as a template."""
    filled = fill("A {name} B {brand} C", {"name": name, "brand": brand, "link": "SECRET"}, {})
    assert filled == f"A {name} B {brand} C"


def test_a_block_does_not_hold_blocks() -> None:
    with pytest.raises(Missing):
        fill("{block:a}", {}, {"block": lambda _: "{block:a}"})


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("ł" + "a" * 69, "UCS-2", 70, 1),
        ("ł" + "a" * 70, "UCS-2", 71, 2),
        ("👍" * 35, "UCS-2", 70, 1),
        ("👍" * 36, "UCS-2", 72, 2),
    ],
)
def test_how_long_a_text_is_as_sms(text: str, alphabet: str, units: int, parts: int) -> None:
    """TS 23.038: 160 septets, 153 in each of many; outside of the alphabet 70 and 67."""
    assert sms_length(text) == (alphabet, units, parts)
