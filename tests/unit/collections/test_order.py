"""I4 and I5: replay adds nothing; the order of arrival leaves no trace in ledger or fee status."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import openings
from domain.collections.ledger import compute
from tests.unit.collections.story import (
    POLICY,
    START,
    Story,
    credit,
    customer,
    eur,
    failed,
    invoice,
    payment,
    reversal,
)

Told = tuple[str, dict[str, Any], dict[str, Any]]
_INVOICES = st.sampled_from(["i1", "i2", "i3", "i4"])
_PAYMENTS = st.sampled_from(["p1", "p2", "p3"])
_MINOR = st.integers(1, 6000)
_CURRENCY = st.sampled_from(["EUR", "EUR", "EUR", "GBP"])
_DAYS = st.dates(dt.date(2026, 4, 1), dt.date(2026, 6, 20)).map(str)
_INSTANTS = st.integers(0, 40 * 24 * 3600 * 10**6).map(
    lambda us: (START - dt.timedelta(days=30, microseconds=-us)).isoformat()
)
_SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def _money(draw: st.DrawFn) -> dict[str, Any]:
    return eur(draw(_MINOR), draw(_CURRENCY))


@st.composite
def _payment(draw: st.DrawFn, payment_id: str) -> dict[str, Any]:
    amount = draw(_money())
    part = st.fixed_dictionaries(
        {"invoice_id": _INVOICES, "amount": _MINOR.map(lambda m: eur(m, amount["currency"]))}
    )
    named = draw(st.none() | st.lists(part, max_size=2))
    return payment(payment_id, received_at=draw(_INSTANTS), amount=amount) | (
        {} if named is None else {"allocations": named}
    )


@st.composite
def _history(draw: st.DrawFn) -> list[Told]:
    """Facts of one customer: each business id with one content."""
    told: list[Told] = []
    for update in range(draw(st.integers(1, 3))):
        at = START - dt.timedelta(hours=draw(st.integers(0, 3)))
        group = draw(st.sampled_from([None, "student"]))
        told.append(("customer.updated.v1", customer(person_group=group), {"time": at}))
        told[-1][1]["customer_since"] = f"20{10 + update}-01-01"
    for key in draw(st.sets(_INVOICES)):
        method = draw(st.sampled_from(["direct_debit", "link", "transfer"]))
        data = invoice(key, due_on=draw(_DAYS), payment_method=method, amount=draw(_money()))
        told.append(("invoice.issued.v1", data, {}))
    for key in draw(st.sets(_PAYMENTS)):
        data = draw(_payment(key))
        forms = draw(st.sampled_from([(False,), (True,), (True, False)]))
        told += [("payment.received.v1", data | {"provisional": form}, {}) for form in forms]
    for _ in range(draw(st.integers(0, 2))):
        told.append(("payment.reversed.v1", reversal(draw(_PAYMENTS), amount=draw(_money())), {}))
    for _ in range(draw(st.integers(0, 2))):
        told.append(("invoice.credited.v1", credit(draw(_INVOICES), amount=draw(_money())), {}))
    for attempt in range(draw(st.integers(0, 3))):
        code = draw(st.sampled_from(["AM04", "AG02", "MD01", "XX99"]))
        data = failed(draw(_INVOICES), code, attempt=attempt + 1)
        told.append(("direct-debit.failed.v1", data, {}))
    return told


def _tell(story: Story, history: list[Told], order: list[int]) -> Story:
    for index in order:
        kind, data, envelope = history[index]
        story.tell(kind, data, ce_id=f"event-{index}", **envelope)
    return story


@given(data=st.data(), history=_history())
@_SLOW
def test_any_order_gives_the_same_ledger_and_fee_status(
    data: st.DataObject, history: list[Told]
) -> None:
    order = data.draw(st.permutations(range(len(history))))
    straight = _tell(Story(), history, list(range(len(history))))
    mixed = _tell(Story(), history, list(order))
    assert straight.state is not None
    assert mixed.state is not None
    assert compute(mixed.state) == compute(straight.state)
    assert mixed.state.profile == straight.state.profile
    assert straight.fee_state is not None
    assert mixed.fee_state is not None
    assert mixed.fee_state.status == straight.fee_state.status
    assert sorted(mixed.refused) == sorted(straight.refused)


@given(history=_history(), days=st.integers(0, 29))
@_SLOW
def test_replay_emits_nothing_new(history: list[Told], days: int) -> None:
    """Within the thirty days after which what still waits is given up, and may come again."""
    order = list(range(len(history)))
    story = _tell(Story(), history, order).wait(days=days)
    before, published = story.state, len(story.messages())
    _tell(story, history, order)
    assert story.state == before
    assert len(story.messages()) == published


@given(data=st.data(), history=_history())
@_SLOW
def test_no_reminder_without_debt_outside_the_window_or_twice(
    data: st.DataObject, history: list[Told]
) -> None:
    """Whatever happens when: each reminder names open debt, in the window, at most once a step."""
    story = Story(START - dt.timedelta(hours=data.draw(st.integers(0, 23))))
    for index in data.draw(st.permutations(range(len(history)))):
        seen = len(story.reminders)
        _tell(story, history, [index])
        _judge(story, seen)
        story.wait(hours=data.draw(st.integers(0, 60)))
    ids = [one.message_id for one in story.messages()]
    assert len(ids) == len(set(ids))
    for one in story.messages("reminder"):
        [start, stop] = next(openings(one.requested_at, "Europe/Amsterdam", *_window(), None))
        assert start <= one.requested_at < stop == one.not_after
    thanked = [one.caused_by for one in story.thanks]
    assert len(thanked) == len(set(thanked))


def _window() -> tuple[dt.time, dt.time]:
    numbers = POLICY.at(START)
    return numbers.window_opens, numbers.window_closes


def _judge(story: Story, seen: int) -> None:
    assert story.state is not None
    ledger = compute(story.state)
    for one in story.reminders[seen:]:
        assert one.amount_due is not None
        assert one.amount_due.minor == sum(ledger.open[key] for key in one.invoice_ids)
        assert all(ledger.open[key] for key in one.invoice_ids)
