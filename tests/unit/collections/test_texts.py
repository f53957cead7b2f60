"""The texts: nine different reminders and six thank-yous, as they stand in the snapshot.

After a change on purpose: delete `texts.snapshot.txt`, run this test twice, and read the diff.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from domain.events.base import Channel
from domain.money import Money
from domain.templates.kinds import THANKS_ALL, THANKS_REST
from domain.templates.rendering import Addressee, Draft, Item, Writer
from tests.unit.collections.story import POLICY, Story

SNAPSHOT = Path(__file__).with_name("texts.snapshot.txt")
TEXTS = POLICY.texts
WRITER = Writer(POLICY.texts, POLICY.legal_texts)
TODAY = dt.date(2026, 6, 1)
LINK = "https://dunnock.test/pay/TOKEN"
COUNTRY = {"en": "IE", "nl": "NL", "de": "DE"}
CHANNELS: tuple[Channel, ...] = ("sms", "email")


def _items(count: int) -> list[Item]:
    return [
        Item(
            invoice_id=f"2026-{number:03}",
            open=Money(minor=4999, currency="EUR"),
            due_on=dt.date(2026, 6, number),
        )
        for number in range(1, count + 1)
    ]


def _reader(language: str) -> Addressee:
    return Addressee(name="Eva {0}", language=language, country=COUNTRY[language], brand="Dunnock")


def _reminder(language: str, step: int, channel: Channel, count: int = 2) -> str:
    total = Money(minor=4999 * count, currency="EUR")
    draft = Draft(
        kind="reminder",
        today=TODAY,
        purpose="collection",
        step=step,
        items=_items(count),
        amount=total,
        link=LINK,
    )
    text = WRITER.write(_reader(language), channel, draft)
    return f"{text.subject}\n{text.body}"


def _thanks(language: str, rest: int, channel: Channel) -> str:
    draft = Draft(
        kind=THANKS_REST if rest else THANKS_ALL,
        today=TODAY,
        purpose="service",
        paid=Money(minor=123456, currency="EUR"),
        items=_items(1 if rest else 0),
        amount=Money.model_construct(minor=rest, currency="EUR"),
        link=LINK if rest else "",
    )
    text = WRITER.write(_reader(language), channel, draft)
    return f"{text.subject}\n{text.body}"


def _all() -> str:
    parts = []
    for language in COUNTRY:
        for channel in CHANNELS:
            for step in (1, 2, 3):
                title = f"=== {language} {channel} step {step}"
                parts.append(f"{title}\n{_reminder(language, step, channel)}")
            for rest in (0, 4999):
                title = f"=== {language} {channel} thanks, rest {rest}"
                parts.append(f"{title}\n{_thanks(language, rest, channel)}")
    return "\n\n".join(parts) + "\n"


def test_snapshot() -> None:
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(_all(), "utf-8")
        pytest.fail("wrote the snapshot: read it and run again")
    assert _all() == SNAPSHOT.read_text("utf-8")


@pytest.mark.parametrize("channel", CHANNELS)
def test_nine_reminders_differ(channel: Channel) -> None:
    bodies = {_reminder(language, step, channel) for language in COUNTRY for step in (1, 2, 3)}
    assert len(bodies) == 9


@pytest.mark.parametrize("language", COUNTRY)
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("channel", CHANNELS)
def test_each_names_items_amount_and_link(language: str, step: int, channel: Channel) -> None:
    text = _reminder(language, step, channel)
    assert "2026-001" in text
    assert "2026-002" in text
    assert "99" in text
    assert LINK in text
    assert "\u00a0" not in text


def test_a_short_text_counts_what_it_leaves_out() -> None:
    assert "2026-003 and 4 more" in _reminder("en", 1, "sms", count=7)


@pytest.mark.parametrize(
    ("tag", "country", "used"),
    [
        ("nl", "DE", "nl"),
        ("nl-BE", "BE", "nl"),
        ("DE-at", "NL", "de"),
        ("fr", "BE", "nl"),
        ("tr-DE", "DE", "de"),
        ("fr", "FR", "en"),
        ("en-GB", "NL", "en"),
    ],
)
def test_language(tag: str, country: str, used: str) -> None:
    assert TEXTS.language(tag, country) == used


@pytest.mark.parametrize("language", ["nl", "en", "de", "fr"])
def test_the_event_says_which_language_was_used(language: str) -> None:
    story = Story().customer(language=language, country="FR").invoice().failed().payment()
    expected = language if language != "fr" else "en"
    assert {one.language for one in story.messages()} == {expected}
