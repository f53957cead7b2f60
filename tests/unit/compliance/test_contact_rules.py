"""The rule set itself: what it refuses, which rows are in force, and the lines it demands."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from domain.collections import rules as collections
from domain.compliance.disclosures import disclosures_missing
from domain.compliance.policy import ContactRules
from domain.compliance.rows import CapRule
from domain.rulesets import parse
from tests.unit.collections.story import LOOKED, POLICY, Story
from tests.unit.compliance.packs import STRICT, asked, callable_now, living_in, with_contact

TODAY = dt.date(2026, 6, 1)
CAP = {
    "id": "nl.cap", "kind": "cap", "jurisdiction": "NL", "valid_from": "2026-01-01",
    "source": "test", "at_most": 3, "days": 7,
}  # fmt: skip


def document(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The starting document with these rows only."""
    start: dict[str, Any] = POLICY.contact.model_dump(mode="json")
    return {**start, "rules": list(rules), **changes}


@pytest.mark.parametrize(
    "row",
    [
        {**CAP, "at_most": 0},
        {**CAP, "kind": "ceiling"},
        {**CAP, "at_mots": 4},
        {**CAP, "source": ""},
        {**CAP, "days": 400},
        {"id": "h", "kind": "hours", "jurisdiction": "NL", "valid_from": "2026-01-01",
         "source": "s", "days": ["sun"], "opens": "20:00", "closes": "08:00"},
    ],
)  # fmt: skip
def test_unsound_rows_are_refused(row: dict[str, Any]) -> None:
    """A clear error, before anything goes live."""
    with pytest.raises(ValidationError):
        ContactRules.model_validate(document(row))


def test_two_rows_under_one_name_and_day_are_refused() -> None:
    """Nobody could tell which holds; nor may a row change what it is."""
    with pytest.raises(ValidationError, match="same id and valid_from"):
        ContactRules.model_validate(document(CAP, {**CAP, "at_most": 4}))
    other = {**CAP, "valid_from": "2026-02-01", "jurisdiction": "DE"}
    with pytest.raises(ValidationError, match="one kind and jurisdiction"):
        ContactRules.model_validate(document(CAP, other))


def test_the_newest_version_of_a_row_holds_from_its_day_on() -> None:
    """Effective dates: the day before, the older one; after its end, none."""
    newer = {**CAP, "valid_from": "2026-06-01", "at_most": 9, "valid_until": "2026-06-30"}
    rules = ContactRules.model_validate(document(newer, CAP))
    days = [dt.date(2025, 12, 31), dt.date(2026, 5, 31), TODAY, dt.date(2026, 7, 1)]
    found = [[cap.at_most for cap in rules.book("NL", day).caps] for day in days]
    assert found == [[], [3], [9], []]


def test_other_countries_have_the_rows_of_elsewhere() -> None:
    """France has none of its own; the Netherlands none of theirs."""
    assert POLICY.contact.book("FR", TODAY).jurisdiction == "*"
    assert {cap.id for cap in POLICY.contact.book("FR", TODAY).caps} == {"any.messages"}
    assert {cap.id for cap in STRICT.contact.book("FR", TODAY).caps} == {
        "any.messages", "any.messages.strict",
    }  # fmt: skip


def test_a_changed_copy_forgets_what_was_worked_out() -> None:
    """The books of one set of rows are not those of another."""
    assert POLICY.contact.book("NL", TODAY).caps
    assert not POLICY.contact.model_copy(update={"rules": ()}).book("NL", TODAY).caps


def test_the_document_survives_publishing() -> None:
    """As JSON on its topic and back: the same rules."""
    assert parse("contact", POLICY.contact.model_dump_json()) == POLICY.contact


def test_every_row_has_a_source_and_unverified_ones_are_counted() -> None:
    """People are told before it goes live."""
    assert all(rule.source for rule in POLICY.contact.rules)
    assert any("unverified" in finding for finding in POLICY.contact.findings())


def test_a_week_that_is_closed_altogether_is_a_finding() -> None:
    """Sound, but nobody would ever be reached: people should know."""
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    row = {k: v for k, v in CAP.items() if k not in {"at_most", "days"}}
    closed = {**row, "kind": "hours", "days": week, "closed": True}
    findings = ContactRules.model_validate(document(closed)).findings()
    assert any(finding.startswith("NL: every day") for finding in findings)


@pytest.mark.parametrize("country", ["NL", "DE", "GB", "US", "FR"])
@pytest.mark.parametrize("channel", ["sms", "push", "email"])
def test_what_a_message_lacks_is_named_by_its_row(country: str, channel: Any) -> None:
    """Who writes, and how to stop; in the words of the language."""
    full = {"nl": "Dunnock. Afmelden: app", "de": "Dunnock. Abmelden", "en": "Dunnock. Reply STOP"}
    for language, text in full.items():
        missing = disclosures_missing(
            POLICY.contact, country, TODAY, channel, "collection", text, language, "Dunnock"
        )
        assert missing == ()
    bare = disclosures_missing(
        POLICY.contact, country, TODAY, channel, "collection", "Pay, non-stopping", "en", "Dunnock"
    )
    assert {rule.split(".")[1] for rule in bare} == {"identity", "opt_out"}


def test_letters_need_no_way_to_stop() -> None:
    """They are no electronic messages."""
    missing = disclosures_missing(
        POLICY.contact, "NL", TODAY, "letter", "collection", "Pay", "nl", "Dunnock"
    )
    assert missing == ()


def test_a_message_without_its_line_is_held_and_never_sent() -> None:
    """No opt-out line in the texts: refused with the row; no endless looks."""
    legal = POLICY.legal_texts.model_copy(update={"lines": ()})
    story = Story(policy=POLICY.model_copy(update={"legal_texts": legal}))
    story.customer().invoice().failed()
    assert story.reminders == []
    assert story.not_sent == ["disclosure:nl.opt_out"]
    story.wait(days=2)
    assert story.reminders == []
    story.policy = POLICY
    story.payment(minor=1)
    assert len(story.reminders) == 1


def test_a_stricter_row_bites_at_the_next_message() -> None:
    """Published live: the row that now forbids is named with its version."""
    story = Story().owing()
    cap = CapRule.model_validate({**CAP, "at_most": 1, "days": 30})
    story.policy = with_contact(rules=(cap,), version=7)
    story.wait(days=7)
    assert len(story.reminders) == 1
    assert story.state is not None
    note = story.state.not_sent[-1]
    assert (note.because, note.rule, note.version, note.channel) == ("cap", "nl.cap", 7, "sms")


def test_the_validation_notice_is_owed_once_for_each_debt() -> None:
    """After the first contact; told again or later changes nothing."""
    story = Story(policy=STRICT).customer(**living_in("US")).invoice().failed()
    story.wait(hours=4)  # eight in the morning in New York
    notices = [one for one in story.messages("notice") if one.notice == "validation_notice"]
    assert [one.invoice_ids for one in notices] == [("i1",)]
    story.wait(days=15)
    assert len([one for one in story.messages("notice") if one.notice == "validation_notice"]) == 1
    assert len(story.reminders) == 3


def _validations(story: Story) -> list[tuple[str, ...]]:
    found = [one for one in story.messages("notice") if one.notice == "validation_notice"]
    assert all(one.last_look for one in found)
    return [one.invoice_ids for one in found]


def test_no_validation_notice_for_what_was_paid_before_its_last_look() -> None:
    """What comes back is a debt again, and its notice is owed then."""
    story = Story(policy=STRICT).customer(**living_in("US")).invoice().failed()
    story.holds_looks = True
    story.wait(hours=4)
    assert story.state is not None
    reminder = story.looks.pop()
    story._take(*collections.look(story.state, reminder, LOOKED, STRICT, story.now))
    assert [ref.startswith("notice|validation|") for ref in story.looks] == [True]
    story.payment(minor=4999)
    story.decide_looks().wait(days=2)
    assert len(story.reminders) == 1
    assert _validations(story) == []
    assert "nothing_open" in story.not_sent
    story.holds_looks = False
    story.reversal(minor=4999).wait(days=2)
    assert _validations(story) == [("i1",)]


@pytest.mark.parametrize("kind", ["breathing_space", "mental_health_crisis"])
def test_breathing_space_denies_messages_and_calls_while_it_runs(kind: str) -> None:
    """United Kingdom, D20: the gate says why; sixty days later it goes on."""
    story = Story().customer(**living_in("GB"))
    told = {"customer_id": "c1", "at": story.now.isoformat(), "by": "agent-7"}
    until = {"until": "2026-07-31"} if kind == "breathing_space" else {}
    granted = {**told, "hardship_id": "h1", "kind": kind, "from": "2026-06-01", **until}
    story.tell("hardship.granted.v1", granted).invoice().failed()
    assert story.not_sent == [f"hardship:{kind}"]
    assert callable_now(story)["debts"][0]["because"] == f"hardship:{kind}"
    story.until(dt.datetime(2026, 7, 30, 12, tzinfo=dt.UTC))
    assert story.reminders == []
    story.until(dt.datetime(2026, 7, 31, 12, tzinfo=dt.UTC))
    assert len(story.reminders) == (1 if kind == "breathing_space" else 0)


def test_a_dispute_stops_collection_of_its_debt_until_it_is_answered() -> None:
    """F110: the other debt goes on."""
    story = Story(policy=STRICT).customer(**living_in("US")).invoice("i1").invoice("i2")
    told = {"customer_id": "c1", "at": story.now.isoformat(), "by": "customer", "dispute_id": "d1"}
    story.tell("dispute.opened.v1", {**told, "invoice_ids": ["i1"]})
    story.failed("i1").failed("i2").wait(days=1)
    assert [one.invoice_ids for one in story.reminders] == [("i2",)]
    assert asked(story, invoice_ids=("i1",)).because == "dispute"
    story.tell("dispute.answered.v1", {**told, "at": story.now.isoformat(), "upheld": False})
    story.wait(days=7)
    assert story.reminders[-1].invoice_ids == ("i1", "i2")
