"""Letters and fees at their bounds: nothing of nothing is announced, and nobody wakes in vain."""

from __future__ import annotations

import datetime as dt

from domain.collections.state import CustomerState
from domain.money import MINOR_MAX
from domain.receivables.letters import KEPT_MAX
from domain.receivables.policy import Charge, ChargeRules
from domain.receivables.principal import as_invoice
from domain.receivables.state import Fee
from tests.unit.collections.story import POLICY
from tests.unit.receivables.fee_story import WIK, FeeStory, charging, flat

#: Half an hour after the letter was written, in the night: it is not out yet.
WRITTEN = dt.datetime(2026, 6, 2, 22, 30, tzinfo=dt.UTC)


def _written(**statute: object) -> FeeStory:
    rows = tuple(
        {**row.model_dump(), **statute} if row.id == "nl-wik" else row.model_dump()
        for row in POLICY.charges.statutes
    )
    story = FeeStory(charging(WIK, statutes=rows)).late()
    story.until(WRITTEN)
    assert story.letter["state"] == "prepared"
    return story


def test_a_letter_whose_row_of_law_asks_for_none_any_more_is_not_sent() -> None:
    """The row becomes a flat one while the letter waits; then money comes: no stack trace."""
    story = _written()
    changes = {
        "kind": "flat", "brackets": (), "stacking": None, "letter": None, "max_minor": 9_000
    }  # fmt: skip
    rows = tuple(
        {**row.model_dump(), **(changes if row.id == "nl-wik" else {})}
        for row in POLICY.charges.statutes
    )
    story.policy = charging(flat("wik", "nl-wik", 100), days_late=400, statutes=rows, version=3)
    story.payment("p1", 1_000, received_at=story.now.isoformat())
    assert story.letter["state"] == "gone"
    story.wait(days=40)
    assert story.letters == []
    assert story.fees == []


def test_no_letter_announces_a_fee_of_nothing() -> None:
    """Fifteen percent of the five cents that are left is no cent: there is nothing to announce."""
    story = _written(min_minor=0)
    story.pay(9_995, story.now.isoformat())
    assert story.letter["state"] == "gone"
    story.wait(days=40)
    assert story.letters == []
    assert story.fees == []


def test_a_fee_beyond_what_an_amount_may_be_is_asked_for_up_to_it() -> None:
    """Costs of many large bills, with VAT: less is claimed, and nothing stops."""
    fee = Fee(
        charge="c", version=1, currency="EUR", invoice_id="i1", items=("i1",),
        stated=3 * MINOR_MAX, amount=2 * MINOR_MAX, due_on=WRITTEN.date(), as_of=WRITTEN,
        claimed_at=WRITTEN,
    )  # fmt: skip
    item = as_invoice(CustomerState(customer_id="c1"), "f1", fee)
    assert item.facts.amount.minor == MINOR_MAX


def _charge_timers(story: FeeStory) -> list[str]:
    assert story.state is not None
    return [name for name in story.state.timers if name == "receivables|charge"]


def _flat(percent: int | None = None) -> tuple[Charge, ChargeRules]:
    row = {
        "id": "flat", "country": "NL", "currency": "EUR", "valid_from": "2020-01-01",
        "source": "test", "kind": "flat", "max_minor": 250, "max_percent_of_item": percent,
    }  # fmt: skip
    charge = flat("flat", "flat", 250)
    rules = charging(charge, statutes=(row,)).charges
    return charge, rules


def _flat_story(percent: int | None = None) -> FeeStory:
    charge, rules = _flat(percent)
    return FeeStory(charging(charge, statutes=rules.statutes))


def test_a_fee_of_nothing_wakes_nobody() -> None:
    """One percent of half a euro: no fee, and no timer at every midnight to find that again."""
    story = _flat_story(percent=1).late(50)
    story.wait(days=40)
    assert story.fees == []
    assert _charge_timers(story) == []


def test_a_fee_that_comes_to_something_still_arises() -> None:
    """The bound is on fees of nothing only."""
    story = _flat_story(percent=1).late(500)
    story.wait(days=40)
    assert story.amounts == [("claimed", 5)]


def test_where_no_further_fee_is_kept_people_are_told_once() -> None:
    """As many fees as a row keeps: a further one is refused, seen by people, and not retried."""
    story = _flat_story().late()
    assert story.state is not None
    old = Fee(
        charge="old",
        version=1,
        currency="EUR",
        invoice_id="i1",
        items=("i1",),
        stated=1,
        amount=0,
        due_on=dt.date(2026, 5, 1),
        as_of=story.now,
        claimed_at=story.now,
    )
    full = {f"old-{number}": old for number in range(KEPT_MAX)}
    kept = story.state.receivables.model_copy(update={"fees": full})
    story.state = story.state.model_copy(update={"receivables": kept})
    story.wait(days=40)
    assert len(story.fees) == KEPT_MAX
    assert [one["because"] for one in story.view["fees_refused"]] == ["too_many_fees"]
    assert story.not_sent.count("fee_refused:too_many_fees") == 1
    assert _charge_timers(story) == []
    story.invoice("i2", 5_000, due_on="2026-06-10", kind="purchase", payment_method="link")
    story.wait(days=40)
    assert len(story.view["fees_refused"]) == 1
    assert _charge_timers(story) == []
