"""Money that went back by a fault of ours costs the customer nothing."""

from __future__ import annotations

import datetime as dt

from tests.unit.collections.story import eur
from tests.unit.receivables.fee_story import FeeStory


def test_money_back_by_our_fault_before_the_term_ends_leaves_no_fee() -> None:
    """Paid three days into the fourteen; the bank gives it back because the account was wrong."""
    story = FeeStory()
    story.customer().invoice("i1", 10_000, kind="purchase").failed("i1", amount=eur(10_000))
    story.until_letter()
    story.delivered(story.now.isoformat())
    story.wait(days=3)
    allocations = [{"invoice_id": "i1", "amount": eur(10_000)}]
    received = story.now.isoformat()
    story.payment(
        "e2e-2", 10_000, method="direct_debit", received_at=received, allocations=allocations
    ).wait(days=2)
    returned = {"collection_id": "e2e-2", "attempt": 2, "amount": eur(10_000)}
    story.failed("i1", code="AG02", failed_at=story.now.isoformat(), **returned)
    assert story.balance == 10_000
    before = len(story.reminders)
    story.until(story.now + dt.timedelta(days=40))
    assert story.amounts == []
    assert len(story.reminders) == before
