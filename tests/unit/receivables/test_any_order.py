"""With fees: the order of arrival leaves no trace, replay adds nothing, nothing is ever dearer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.collections import rules
from domain.collections.ledger import compute
from tests.unit.collections.story import START, credit, customer, invoice, payment, reversal
from tests.unit.receivables.fee_story import (
    COSTS_FIRST,
    PRINCIPAL_FIRST,
    WIK,
    FeeStory,
    charging,
    flat,
)

Told = tuple[str, dict[str, Any]]
_SLOW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
_INVOICES = ("i1", "i2", "i3")
_WHEN = st.integers(0, 30 * 24).map(lambda h: (START - dt.timedelta(hours=h)).isoformat())
_POLICIES = [
    charging(WIK),
    charging(WIK, flat("small", "de-mahnkosten", 250), allocation=(COSTS_FIRST,)),
    charging(WIK, allocation=(PRINCIPAL_FIRST,), when_principal_is_paid="waive"),
]


@st.composite
def _history(draw: st.DrawFn) -> list[Told]:
    told: list[Told] = [("customer.updated.v1", customer())]
    for key in _INVOICES:
        due = dt.date(2026, 5, 1) + dt.timedelta(days=draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["purchase", "subscription", "fee"]))
        data = invoice(
            key,
            draw(st.integers(100, 60_000)),
            due_on=str(due),
            kind=kind,
            payment_method="link",
        )
        told.append(("invoice.issued.v1", data))
    received = sorted(draw(st.sets(st.sampled_from(["p1", "p2"]))))
    for key in received:
        minor = draw(st.integers(1, 40_000))
        told.append(("payment.received.v1", payment(key, minor, received_at=draw(_WHEN))))
    if "p1" in received and draw(st.booleans()):  # an orphan would be given up, and come again
        told.append(("payment.reversed.v1", reversal("p1", 500, reversed_at=draw(_WHEN))))
    if draw(st.booleans()):
        told.append(("invoice.credited.v1", credit("i2", draw(st.integers(1, 9_000)))))
    return told


def _live(history: list[Told], order: list[int], policy_number: int) -> FeeStory:
    """All events at once in an order, then two months in which letters are received."""
    story = FeeStory(_POLICIES[policy_number])
    for index in order:
        kind, data = history[index]
        story.tell(kind, data, ce_id=f"event-{index}")
    acknowledged = 0
    for _ in range(60):
        story.wait(days=1)
        for letter in story.letters[acknowledged:]:
            at = story.now.isoformat()
            story.receipt("message.delivered.v1", letter.message_id, letter.channel, at=at)
            acknowledged += 1
    return story


@given(data=st.data(), history=_history(), policy=st.integers(0, 2))
@_SLOW
def test_any_order_gives_the_same_ledger_fees_and_status(
    data: st.DataObject, history: list[Told], policy: int
) -> None:
    """I5, with charges switched on."""
    order = data.draw(st.permutations(range(len(history))))
    straight = _live(history, list(range(len(history))), policy)
    mixed = _live(history, list(order), policy)
    assert straight.state is not None
    assert mixed.state is not None
    assert compute(mixed.state) == compute(straight.state)
    assert mixed.fees == straight.fees
    assert mixed.fee_state is not None
    assert straight.fee_state is not None
    assert mixed.fee_state.fees == straight.fee_state.fees
    assert mixed.fee_state.status == straight.fee_state.status


@given(history=_history(), policy=st.integers(0, 2))
@_SLOW
def test_concluding_again_adds_nothing(history: list[Told], policy: int) -> None:
    """Every event again after two months, and every timer name that is not due: no change."""
    story = _live(history, list(range(len(history))), policy)
    before, said = story.state, len(story.effects)
    for index, (kind, data) in enumerate(history):
        story.tell(kind, data, ce_id=f"event-{index}")
    assert story.state == before
    assert len(story.effects) == said
    assert before is not None
    again, effects = rules.fire(before, "receivables|none", story.now, story.policy, story.now)
    assert again is before
    assert effects == []


@given(
    history=_history(),
    policy=st.integers(0, 2),
    late=st.integers(1, 60_000),
    day=st.integers(0, 59),
)
@_SLOW
def test_money_that_comes_to_light_never_makes_a_fee_dearer(
    history: list[Told], policy: int, late: int, day: int
) -> None:
    """Whatever was received whenever: each fee is at most what its letter had announced."""
    story = _live(history, list(range(len(history))), policy)
    before = {fee["fee_id"]: fee["amount"]["minor"] for fee in story.fees}
    received_at = (START + dt.timedelta(days=day)).isoformat()
    story.payment("p-late", late, received_at=received_at)
    announced = {one["letter"]: one["cost"]["minor"] for one in story.view.get("fee_letters", [])}
    for fee in story.fees:
        assert 0 <= fee["amount"]["minor"] <= before[fee["fee_id"]]
        if "letter" in fee:
            assert fee["amount"]["minor"] <= announced[fee["letter"]]
    ledger = compute(story.state)  # type: ignore[arg-type]
    paid = sum(row.facts.amount.minor for row in story.state.payments.values())  # type: ignore[union-attr]
    assert sum(ledger.credit.values()) <= paid
