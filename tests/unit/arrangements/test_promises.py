"""Promises to pay: what keeps them, what breaks them, how many are taken."""

from __future__ import annotations

import pytest

from domain.arrangements.policy import PromiseNumbers
from tests.unit.arrangements.told import act, owing_two, pay, said
from tests.unit.collections.story import Story, eur


def promised(story: Story, minor: int = 6999, due_on: str = "2026-06-05", **more: object) -> Story:
    """A promise of the open debt by Friday."""
    fields = {"promise_id": "pr1", "amount": eur(minor), "due_on": due_on}
    return act(story, "promise.made.v1", **(fields | more))


def test_a_promise_holds_reminders_and_is_kept_by_its_money() -> None:
    """Nothing is sent before its day; the money ends both promise and dunning."""
    story = promised(owing_two())
    story.wait(days=3)
    pay(story, "p1", 6999)
    assert said(story) == ["promise.kept.v1"]
    assert len(story.wait(days=30).reminders) == 1


def test_defect_02_a_cent_on_a_promise_of_500_breaks_it() -> None:
    """Frappe would keep it. The step comes at once when the day and its grace are over."""
    story = Story().customer().invoice("i1", 50000, payment_method="link").wait(minutes=15)
    promised(story, 50000, "2026-06-03")
    pay(story.wait(days=1), "p1", 1)
    story.wait(days=2)
    assert said(story) == []
    story.wait(days=1)
    assert said(story) == ["promise.broken.v1"]
    (broken,) = story.published("promise.broken.v1")
    assert (broken.data.received.minor, broken.data.because) == (1, "not_paid")
    assert broken.data.at.isoformat() == "2026-06-04T22:00:00+00:00"
    assert [one.step for one in story.reminders] == [1, 2]
    assert story.reminders[-1].requested_at.isoformat()[:13] == "2026-06-05T06"


def test_the_day_ends_where_the_customer_lives() -> None:
    """In Auckland it is over when Amsterdam still has its morning."""
    story = Story().customer(timezone="Pacific/Auckland").invoice(payment_method="link")
    promised(story, due_on="2026-06-03")
    story.wait(days=4)
    (broken,) = story.published("promise.broken.v1")
    assert broken.data.at.isoformat() == "2026-06-04T12:00:00+00:00"


def test_money_from_before_does_not_keep_it() -> None:
    """What was received before the promise was made is no part of it."""
    story = owing_two().wait(days=1)
    story.payment("p1", 2000, received_at="2026-06-01T10:00:00Z")
    promised(story, 2000).wait(days=7)
    assert said(story) == ["promise.broken.v1"]


def test_money_from_before_does_not_keep_a_promise_for_one_item_either() -> None:
    """A part of the item was paid already: the promise is for the rest."""
    story = owing_two().wait(days=1)
    part = {"invoice_id": "i1", "amount": eur(2000)}
    story.payment("p1", 2000, received_at="2026-06-01T10:00:00Z", allocations=[part])
    promised(story, 2000, invoice_ids=["i1"]).wait(days=7)
    assert said(story) == ["promise.broken.v1"]


def test_only_money_for_the_promised_item_counts() -> None:
    """Money that the ledger gives to another invoice does not keep it."""
    story = promised(owing_two(), 2000, invoice_ids=["i2"])
    part = {"invoice_id": "i1", "amount": eur(2000)}
    pay(story, "p1", 2000, allocations=[part])
    assert said(story.wait(days=7)) == ["promise.broken.v1"]


def test_the_other_items_are_reminded_meanwhile() -> None:
    """A promise for one invoice leaves the other."""
    story = promised(owing_two(), 2000, "2026-06-20", invoice_ids=["i2"])
    assert story.wait(days=8).reminders[-1].invoice_ids == ("i1",)


def test_provisional_money_keeps_it_pending() -> None:
    """It is not broken while a direct debit may still settle, and kept once it has."""
    story = promised(owing_two(), due_on="2026-06-02")
    pay(story.wait(days=1), "p1", 6999, method="direct_debit", provisional=True)
    assert said(story.wait(days=3)) == []
    assert said(story.wait(days=20)) == ["promise.kept.v1"]


def test_provisional_money_that_goes_back_breaks_it() -> None:
    """After its day is over, at the moment it does."""
    story = promised(owing_two(), due_on="2026-06-02")
    pay(story.wait(days=1), "p1", 6999, method="direct_debit", provisional=True)
    story.wait(days=3).reversal("p1", 6999)
    assert said(story) == ["promise.broken.v1"]


def test_money_that_goes_back_in_time_makes_it_run_again() -> None:
    """The customer keeps the day they named; the second payment keeps the promise again."""
    story = promised(owing_two())
    pay(story, "p1", 6999)
    story.reversal("p1", 6999)
    assert len(story.wait(days=1).reminders) == 1
    pay(story, "p2", 6999)
    assert said(story) == ["promise.kept.v1", "promise.kept.v1"]
    ids = [one.event_id for one in story.published("promise.kept.v1")]
    assert len(set(ids)) == 2


def test_one_kept_early_still_has_its_day() -> None:
    """A part was promised and came: what remains is not chased before the day is over."""
    story = promised(owing_two(), 2000, "2026-06-12")
    pay(story, "p1", 2000)
    assert said(story) == ["promise.kept.v1"]
    assert len(story.until(story.now.replace(day=12)).reminders) == 1
    assert story.wait(days=1).reminders[-1].step == 2


def test_a_third_promise_in_ninety_days_is_refused() -> None:
    """Two were made, whatever became of them."""
    story = owing_two()
    for number in ("pr1", "pr2", "pr3"):
        promised(story, promise_id=number)
    assert story.refused == ["promise_limit"]
    act(story, "promise.withdrawn.v1", promise_id="pr1")
    act(story, "promise.withdrawn.v1", promise_id="pr2")
    assert story.wait(days=8).reminders[-1].step == 2


@pytest.mark.parametrize(
    ("day", "code"), [("2026-05-31", "promise_past"), ("2026-07-03", "promise_too_far")]
)
def test_a_day_that_cannot_be_promised_is_refused(day: str, code: str) -> None:
    """Neither one that is over nor one beyond the policy."""
    assert promised(owing_two(), due_on=day).refused == [code]


def test_a_pause_puts_the_day_off() -> None:
    """Ten days of pause after three: seven days after its end it breaks, not before."""
    story = promised(owing_two(), due_on="2026-06-10")
    story.wait(days=2)
    pause = {
        "hardship_id": "h1",
        "kind": "forbearance",
        "from": "2026-06-03",
        "until": "2026-06-13",
    }
    act(story, "hardship.granted.v1", **pause)
    story.wait(days=40)
    (broken,) = story.published("promise.broken.v1")
    assert broken.data.at.isoformat() == "2026-06-21T22:00:00+00:00"


@pytest.mark.parametrize(
    ("promised_minor", "tolerance", "percent", "needed"),
    [(50000, 0, "0", 50000), (50000, 100, "0", 49900), (50000, 100, "5", 47500),
     (500, 100, "0", 450), (2, 1, "10", 2), (1, 1, "10", 1)],
)  # fmt: skip
def test_what_is_needed(promised_minor: int, tolerance: int, percent: str, needed: int) -> None:
    """The tolerance never grows beyond a tenth of the promise."""
    numbers = PromiseNumbers.model_validate(
        {"days_ahead_max": 31, "promises_max": 2, "window_days": 90, "grace_days": 1,
         "tolerance_minor": tolerance, "tolerance_percent": percent}
    )  # fmt: skip
    assert numbers.needed(promised_minor) == needed
