"""What customers are told of a plan that is late or broken: as it stands when it leaves."""

from __future__ import annotations

from domain.effects import RequestLook
from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import Story, eur


def _planned(story: Story, **more: object) -> Story:
    """Three instalments; the first is missed with the ninth of June, and breaks on the 19th."""
    parts = [("2026-06-05", 3000), ("2026-07-05", 3000), ("2026-08-05", 999)]
    told = [{"due_on": day, "amount": eur(minor)} for day, minor in parts]
    fields = {"plan_id": "pl1", "currency": "EUR", "invoice_ids": ["i1", "i2"]}
    return act(story, "plan.agreed.v1", **(fields | {"instalments": told} | more))


def _at(story: Story, day: int, hour: int) -> Story:
    """To an hour of a day in June, UTC: midnight in Amsterdam is at 22."""
    return story.until(story.now.replace(day=day, hour=hour, minute=30))


def _told(story: Story) -> list[str | None]:
    return [one.notice for one in story.messages() if one.kind == "plan"]


def test_a_late_plan_asks_after_a_last_look() -> None:
    """It asks for money, so the log is read once more."""
    story = _planned(owing_two())
    _at(story, 9, 8)
    assert _told(story)[-1] == "plan_late"
    looks = [one.ref for one in story.effects if isinstance(one, RequestLook)]
    assert "notice|plan|pl1|late|1" in looks
    assert story.messages()[-1].last_look


def test_what_was_paid_in_the_night_is_not_asked_for() -> None:
    """Late at midnight, all paid at half past: the morning brings no "pay now"."""
    story = _at(_planned(owing_two()), 8, 22)
    pay(story, "p1", 6999)
    _at(story, 9, 12)
    assert "plan_late" not in _told(story)


def test_a_plan_that_caught_up_in_the_night_is_not_called_late() -> None:
    """The instalment alone came: money is still open, but nothing is late."""
    story = _at(_planned(owing_two()), 8, 22)
    pay(story, "p1", 3000)
    assert said(story) == ["plan.late.v1", "plan.cured.v1"]
    _at(story, 9, 12)
    assert "plan_late" not in _told(story)


def test_what_came_in_the_night_is_counted_in_the_words() -> None:
    """One of the thirty euro that are missing: the rest is what it is when it leaves."""
    story = _at(_planned(owing_two()), 18, 22)
    pay(story, "p1", 1234)
    _at(story, 19, 12)
    assert _told(story)[-1] == "plan_broken"
    assert "57,65" in story.messages()[-1].body


def test_the_end_of_a_plan_is_told_in_the_days_before_reminders_begin_anew() -> None:
    """Its own days of rest do not stand in its way."""
    story = _planned(owing_two())
    _at(story, 19, 12)
    assert _told(story)[-2:] == ["plan_late", "plan_broken"]
    assert len(story.reminders) == 1


def test_nobody_who_refused_collection_or_is_flagged_is_asked() -> None:
    """Late and broken: held, as a reminder is."""
    for fields in ({"flags": ["dispute"]}, {"consents": _REFUSED}):
        story = _planned(owing_two())
        story.customer(**fields)
        _at(story, 25, 12)
        assert not {"plan_late", "plan_broken"} & set(_told(story))


_REFUSED = [
    {"channel": one, "purpose": "collection", "granted": False, "at": "2026-06-01T09:00:00Z"}
    for one in ("sms", "email", "push", "letter")
]


def test_a_plan_in_another_currency_than_its_invoices_is_refused() -> None:
    """Its money would never reach them."""
    story = owing_two().invoice("u1", payment_method="link", amount=eur(3000, "USD"))
    _planned(story, invoice_ids=["i1", "u1"])
    assert story.refused == ["plan_currency"]
    _planned(story, plan_id="pl2", invoice_ids=["i1", "unknown"])
    assert story.refused == ["plan_currency"]
