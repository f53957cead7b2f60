"""Texts, charts, money, timelines, amounts: the parts of pages that need no server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.charts import Series, ceiling, draw
from api.pages.login import local_target
from api.pages.rendering import Values, money_text
from api.pages.timeline import timeline_of
from api.pay.choice import BadChoice, minor_of
from api.security import csrf
from api.security.users import FREE_FAILURES, pause_after
from api.texts import LANGUAGES, Translator, best_language, catalogue

_API = Path(__file__).parents[3] / "api"


def test_every_language_has_every_text_with_the_same_gaps() -> None:
    english = catalogue("en")
    for language in LANGUAGES:
        texts = catalogue(language)
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_every_text_that_a_template_names_exists() -> None:
    for template in (_API / "templates").rglob("*.html"):
        for key in re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", template.read_text("utf-8")):
            assert key in catalogue("en"), f"{key} in {template.name}"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("nl-NL", "nl"),
        ("fr, de;q=0.5, nl;q=0.8", "nl"),
        ("", "en"),
        ("fr", "en"),
        ("de;q=x, nl;q=0.1", "nl"),
    ],
)
def test_the_best_language_is_chosen(wanted: str, expected: str) -> None:
    assert best_language(wanted) == expected


def test_codes_are_shown_in_words() -> None:
    words = Translator("en")
    assert words.word("flag:dispute") == "flag: dispute"
    assert words.word("return_code:AC04") == "return code AC04"
    assert words.word("never_heard_of") == "never heard of"


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "expected"),
    [
        (4999, "EUR", "en_GB", "€49.99"),
        (4999, "EUR", "nl_NL", "€ 49,99"),
        (5, "EUR", "en_GB", "€0.05"),
        (1234, "JPY", "en_GB", "JP¥1,234"),
        (1234, "KWD", "en_GB", "KWD1.234"),
        (10**15, "EUR", "en_GB", "€10,000,000,000,000.00"),
    ],
)
def test_money_is_written_exactly(minor: int, currency: str, locale: str, expected: str) -> None:
    written = money_text({"minor": minor, "currency": currency}, locale)
    assert written.replace("\N{NO-BREAK SPACE}", " ") == expected


def test_moments_are_shown_in_the_readers_zone() -> None:
    assert Values("en", "Europe/Amsterdam").moment("2026-06-01T09:00:00Z").endswith("11:00:00")


@given(st.integers(min_value=0, max_value=10**9))
def test_a_chart_holds_its_highest_value(highest: int) -> None:
    top = ceiling(highest)
    assert top >= highest
    assert top % 4 == 0


@given(st.lists(st.integers(min_value=0, max_value=10**6), max_size=60))
def test_a_chart_stays_inside_its_frame(numbers: list[int]) -> None:
    drawing = draw("x", [str(place) for place in range(len(numbers))], [Series("s", numbers)])
    for point in drawing.lines[0].points.split():
        x, y = map(float, point.split(","))
        assert drawing.left <= x <= drawing.width
        assert 0 <= y <= drawing.height


def test_a_timeline_is_newest_first_and_tells_receipts_once() -> None:
    view = {
        "invoices": [
            {
                "issued_on": "2026-05-01",
                "amount": {},
                "invoice_id": "i",
                "kind": "fee",
                "payment_method": "link",
            }
        ],
        "failed_debits": [],
        "payments": [],
        "messages": [
            {
                "at": "2026-05-02T00:00:00Z",
                "kind": "reminder",
                "state": "delivered",
                "channel": "sms",
                "message_id": "m",
            }
        ],
        "not_sent": [],
        "contacts": [
            {"at": "2026-05-02T00:00:01Z", "type": "message.delivered.v1", "channel": "sms"},
            {"at": "2026-05-03T00:00:01Z", "type": "call.attempted.v1", "channel": "phone"},
        ],
    }
    assert [entry.kind for entry in timeline_of(view)] == ["contact", "reminder", "invoice"]


@given(st.integers(min_value=1, max_value=10**11 - 1))
def test_an_amount_that_is_written_is_read_again(minor: int) -> None:
    assert minor_of(f"{minor // 100},{minor % 100:02}", "EUR") == minor


def test_amounts_know_their_currency() -> None:
    assert minor_of("500", "JPY") == 500
    with pytest.raises(BadChoice):
        minor_of("5.5", "JPY")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("/a?b=c", "/a?b=c"), ("//x", "/"), ("https://x", "/"), ("/\\x", "/"), ("/a\nb", "/")],
)
def test_a_target_is_a_path_of_ours(wanted: str, expected: str) -> None:
    assert local_target(wanted) == expected


def test_a_form_belongs_to_its_cookie_and_session() -> None:
    token = csrf.token_for("secret", "seed", "session")
    assert csrf.is_valid("secret", "seed", "session", token)
    for secret, seed, session in [
        ("other", "seed", "session"),
        ("secret", "other", "session"),
        ("secret", "seed", ""),
        ("secret", "", "session"),
    ]:
        assert not csrf.is_valid(secret, seed, session, token)


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(failures).total_seconds() for failures in range(40)]
    assert pauses[:FREE_FAILURES] == [0.0] * FREE_FAILURES
    assert pauses == sorted(pauses)
    assert pauses[-1] == 900
