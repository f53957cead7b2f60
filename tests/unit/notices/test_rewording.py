"""What waits for its window says what is so when it leaves, not what was so when it was owed."""

from __future__ import annotations

import datetime as dt

from tests.unit.arrangements.told import act, owing_two, pay
from tests.unit.collections.story import POLICY, eur
from tests.unit.receivables.fee_story import WIK, FeeStory, charging

NIGHT = dt.datetime(2026, 6, 18, 22, 30, tzinfo=dt.UTC)
TELLING = POLICY.delivery.model_copy(update={"answers": ("fee_claimed",)})


def test_a_fee_is_told_with_what_is_open_when_the_message_leaves() -> None:
    """140 at midnight; 130 of it is paid before the window opens."""
    told = charging(WIK).model_copy(update={"delivery": TELLING})
    story = FeeStory(told).late().until_letter().delivered("2026-06-04T07:30:00+00:00")
    story.until(NIGHT).payment("p1", 13_000, received_at=NIGHT.isoformat()).wait(hours=12)
    [message] = [one for one in story.messages("notice") if one.notice == "fee_claimed"]
    assert message.amount_due is not None
    assert message.amount_due.minor == 1000
    assert "€ 10,00" in message.body
    assert "140" not in message.body


def test_an_instalment_is_announced_with_what_is_left_of_it() -> None:
    """Owed at midnight of 7 June; a part is paid before the window opens."""
    story = owing_two()
    plan = {
        "plan_id": "pl",
        "currency": "EUR",
        "invoice_ids": ["i1", "i2"],
        "instalments": [
            {"due_on": "2026-06-10", "amount": eur(3000)},
            {"due_on": "2026-07-10", "amount": eur(3999)},
        ],
    }
    act(story, "plan.agreed.v1", **plan)
    story.until(dt.datetime(2026, 6, 7, 2, tzinfo=dt.UTC))
    pay(story, "p9", 1000)
    story.wait(hours=12)
    [message] = [one for one in story.messages() if one.notice == "instalment_due"]
    assert "20,00" in message.body
    assert "30,00" not in message.body
