"""A notice names what the gate grants, and is taken back when nothing of it may be asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.arrangements.told import act
from tests.unit.collections.story import eur
from tests.unit.notices.owner import Owner, asking, owing_two
from tests.unit.receivables.fee_story import FeeStory


def _dispute(story: Any, *invoice_ids: str, key: str = "d1") -> Any:
    about = {"invoice_ids": list(invoice_ids)} if invoice_ids else {}
    return act(story, "dispute.opened.v1", dispute_id=key, **about)


def _answer(story: Any, key: str = "d1") -> Any:
    return act(story, "dispute.answered.v1", dispute_id=key, upheld=False)


def test_a_notice_names_and_sums_only_what_nothing_stands_in_the_way_of() -> None:
    story = owing_two()
    story.holds_looks = True
    asking(story)
    _dispute(story, "i1")
    story.decide_looks()
    message = story.messages()[-1]
    assert message.notice is not None
    assert message.invoice_ids == ("i2",)
    assert message.amount_due is not None
    assert message.amount_due.minor == 50
    assert "30,00" not in message.body


def test_what_it_named_is_paid_before_it_leaves() -> None:
    """Taken back; the rest of it waits for its dispute, and is asked for after that."""
    story = owing_two()
    _dispute(story, "i1")
    asking(story)
    allocations = [{"invoice_id": "i2", "amount": eur(50)}]
    story.payment(minor=50, allocations=allocations)
    assert story.withdrawn[-1] == story.notices[0][1]
    assert story.sent() is None
    _answer(story)
    assert story.messages()[-1].invoice_ids == ("i1",)
    assert len(story.notices) == 2


def _prepared() -> FeeStory:
    """Two bills; the letter waits for the morning."""
    story = FeeStory().late()
    story.invoice("i2", 40_000, due_on="2026-05-29", kind="purchase", payment_method="link")
    story.until(dt.datetime(2026, 6, 2, 22, 30, tzinfo=dt.UTC))
    assert story.letters == []
    return story


def test_the_law_s_letter_never_leaves_with_figures_of_other_items() -> None:
    """Its fee is that of both bills: while one is disputed, it is the other's alone or waits."""
    story = _prepared()
    _dispute(story, "i1")
    story.wait(days=5)
    for letter in story.letters:
        assert letter.invoice_ids == ("i2",)
        assert "€ 60,00" in letter.body
    both = Owner()
    both.customer().invoice("i1", payment_method="link").invoice("i2", payment_method="link")
    _dispute(both, "i1")
    values = {"fee": "€ 40,00", "total": "€ 139,98"}
    asking(both, kind="fourteen_day_letter", values=values)
    assert both.notices == []
    assert both.not_sent[-1] == "dispute"
    _answer(both)
    assert both.messages()[-1].invoice_ids == ("i1", "i2")


def test_the_law_s_letter_is_written_anew_for_what_is_left() -> None:
    """One is handed over before it leaves: it names the other, with the cost of that."""
    story = _prepared()
    handed = {"collector": "acme", "approved_by": "bert", "invoice_ids": ["i1"]}
    act(story, "debt.handed-over.v1", **handed)
    story.wait(days=1)
    [letter] = story.letters
    assert letter.invoice_ids == ("i2",)
    assert letter.amount_due is not None
    assert letter.amount_due.minor == 40_000
    assert "€ 60,00" in letter.body


_HANDED = {"collector": "acme", "approved_by": "bert"}


@pytest.mark.parametrize(
    ("kind", "fields", "because"),
    [
        ("dispute.opened.v1", {"dispute_id": "d1"}, "dispute"),
        ("hold.placed.v1", {"hold_id": "h1", "kind": "complaint"}, "hold:complaint"),
        ("debt.handed-over.v1", _HANDED, "handed_over"),
        ("contact.stopped.v1", {}, "contact_stopped"),
    ],
)
def test_a_letter_on_its_way_to_the_gateway_is_withdrawn(
    kind: str, fields: dict[str, Any], because: str
) -> None:
    story = FeeStory().late().until_letter()
    before = list(story.withdrawn)
    act(story, kind, **fields)
    assert story.letters[0].message_id in set(story.withdrawn) - set(before)
    assert f"withdrawn:{because}" in story.not_sent
    story.wait(days=3)
    assert len(story.letters) == 1


def test_a_letter_is_withdrawn_when_one_of_its_items_is_disputed() -> None:
    """It can't leave one out: its figures are those of all."""
    story = _prepared().until_letter()
    _dispute(story, "i1")
    assert story.letters[0].message_id in story.withdrawn
    _answer(story)
    story.wait(days=1)
    assert [one.invoice_ids for one in story.letters] == [("i1", "i2")] * 2


def test_another_notice_goes_on_while_one_of_its_items_may_be_asked_for() -> None:
    story = asking(owing_two())
    _dispute(story, "i1")
    assert story.notices[0][1] not in story.withdrawn
    _dispute(story, "i2", key="d2")
    assert story.notices[0][1] in story.withdrawn
    assert story.sent() is None


def test_what_confirms_an_agreement_is_not_withdrawn_by_it() -> None:
    story = owing_two()
    parts = [("2026-06-15", 1500), ("2026-07-15", 1550)]
    told = [{"due_on": day, "amount": eur(minor)} for day, minor in parts]
    about = {"plan_id": "q1", "currency": "EUR", "invoice_ids": ["i1", "i2"]}
    act(story, "plan.agreed.v1", instalments=told, **about)
    _dispute(story)
    [agreed] = [one for one in story.messages() if one.notice == "plan_agreed"]
    assert agreed.message_id not in story.withdrawn
