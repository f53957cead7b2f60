"""Money that comes back after it was booked: once, whatever the order, and the thanks corrected."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.collections.ledger import compute
from tests.unit.collections.story import POLICY, Story, eur
from tests.unit.debits.debtors import owing, requested, rules, story

PAID = {"method": "direct_debit", "received_at": "2026-06-02T08:00:00Z"}
RETURNED = {"collection_id": "p1", "failed_at": "2026-06-05T08:00:00Z"}


def open_of(told: Story) -> dict[str, int]:
    assert told.state is not None
    return compute(told.state).open


def test_a_return_under_the_payments_id_reopens_the_debt() -> None:
    told = Story().customer().invoice().payment(**PAID)
    assert open_of(told) == {"i1": 0}
    told.failed(**RETURNED)
    assert open_of(told) == {"i1": 4999}
    assert [one.amount_due.minor for one in told.reminders if one.amount_due] == [4999]


def test_what_was_reversed_by_name_counts_once() -> None:
    told = Story().customer().invoice().payment(**PAID).reversal().failed(**RETURNED)
    assert open_of(told) == {"i1": 4999}
    told.payment("p2", 2000, received_at="2026-06-06T08:00:00Z")
    assert open_of(told) == {"i1": 2999}


@pytest.mark.parametrize("first", ["reversal", "failed"])
def test_one_return_told_twice_takes_back_one_of_two_bills(first: str) -> None:
    """A payment for two bills, of which one goes back: by name and by code, in either order."""
    told = Story().customer().invoice().invoice("i2").payment(minor=9998, **PAID)
    for kind in (first, "failed" if first == "reversal" else "reversal"):
        if kind == "failed":
            told.failed(**RETURNED)
        else:
            told.reversal(minor=4999)
    assert sum(open_of(told).values()) == 4999


def test_an_attempt_that_failed_before_the_money_came_undoes_nothing() -> None:
    """The ERP may keep one collection id for several attempts."""
    told = Story().customer().invoice()
    told.failed(collection_id="p1", failed_at="2026-05-30T08:00:00Z").payment(**PAID)
    assert open_of(told) == {"i1": 0}


@pytest.mark.parametrize("method", ["link", "transfer", "card"])
def test_only_debits_come_back_by_a_return_code(method: str) -> None:
    told = Story().customer().invoice().payment(**(PAID | {"method": method}))
    assert open_of(told.failed(**RETURNED)) == {"i1": 0}


def test_a_success_row_reverses_nothing() -> None:
    told = Story().customer().invoice().payment(**PAID).failed(code="0000", **RETURNED)
    assert open_of(told) == {"i1": 0}


def test_our_own_collection_comes_back_under_its_end_to_end_id() -> None:
    """The ERP books the money under an id of its own; the bank returns our end-to-end id."""
    told = owing(story()).until(dt.datetime(2026, 6, 25, 9, tzinfo=dt.UTC))
    [debit] = requested(told)
    booked = {"method": "direct_debit", "received_at": "2026-06-25T08:00:00Z"}
    told.payment("bank-1", **booked, allocations=[{"invoice_id": "i1", "amount": eur(4999)}])
    assert open_of(told) == {"i1": 0}
    told.wait(days=20)
    told.failed(collection_id=debit.collection_id, attempt=2, failed_at="2026-07-15T08:00:00Z")
    assert open_of(told) == {"i1": 4999}


_EVENTS = (
    ("invoice", {}),
    ("payment", PAID),
    ("reversal", {"minor": 3000}),
    ("failed", RETURNED),
    ("failed", RETURNED | {"attempt": 2, "failed_at": "2026-06-06T08:00:00Z"}),
)


@given(order=st.permutations(_EVENTS), chosen=st.sets(st.integers(0, 4)))
def test_the_order_of_arrival_leaves_no_trace(
    order: list[tuple[str, dict[str, object]]], chosen: set[int]
) -> None:
    """I5: invoice, payment, an explicit reversal and two reports of one return, all or some."""
    picked = [event for event in order if _EVENTS.index(event) in chosen]
    told = Story().customer()
    for name, fields in picked:
        getattr(told, name)(**fields)
    again = Story().customer()
    for name, fields in sorted(picked, key=_EVENTS.index):
        getattr(again, name)(**fields)
    assert (open_of(told), told.fee_state) == (open_of(again), again.fee_state)
    if {0, 1, 3} <= chosen:
        assert open_of(told) == {"i1": 4999}


def test_the_thank_you_is_corrected_once() -> None:
    """Only where the rules say so: the starting rules send what the contract names, no more."""
    for correcting, expected in ((False, []), (True, ["thanks_corrected"])):
        policy = POLICY.model_copy(
            update={"retries": rules(enabled=False, corrects_thanks=correcting)}
        )
        told = Story(policy=policy).customer().invoice()
        told.failed(failed_at="2026-06-01T07:00:00Z").payment(**PAID)
        told.wait(hours=1)
        [thanks] = told.thanks
        told.receipt("message.delivered.v1", thanks.message_id)
        told.failed(**(RETURNED | {"attempt": 2})).wait(days=1).reversal()
        assert told.state is not None
        notices = told.state.notices
        owed = [one.kind for one in notices.owed.values()] + [
            one.kind for one in notices.sent.values()
        ]
        assert owed == expected


def test_money_by_direct_debit_is_safe_by_degrees() -> None:
    told = Story().customer().invoice().payment(**PAID)
    states = []
    for days in (1, 7, 60):
        told.now = dt.datetime(2026, 6, 2, 9, tzinfo=dt.UTC) + dt.timedelta(days=days)
        states.append(told.view["payments"][0]["collection"]["state"])
    assert states == ["collected_provisional", "collected_refundable", "collected"]
    shown = told.view["payments"][0]["collection"]
    assert shown["return_until"].startswith("2026-06-09T08:00")
    assert (shown["refund_until"], shown["unauthorised_until"]) == ("2026-07-28", "2027-07-02")
    assert told.view["payments"][0]["provisional"] is False


def test_another_bill_of_the_same_amount_is_not_taken_for_it() -> None:
    """June's own debit came in between: what comes back is the retry, not that."""
    told = owing(story()).until(dt.datetime(2026, 6, 25, 9, tzinfo=dt.UTC))
    [debit] = requested(told)
    told.invoice("i2", due_on="2026-06-26", mandate_id="M-1")
    told.payment("june", method="direct_debit", received_at="2026-06-26T08:00:00Z")
    told.failed(collection_id=debit.collection_id, attempt=2, failed_at="2026-06-29T08:00:00Z")
    assert sum(open_of(told).values()) == 4999


def test_every_order_of_a_collection_its_money_and_its_return() -> None:
    """Money and return of a collection of ours may come in either order."""
    for first, second in itertools.permutations(("payment", "failed")):
        told = owing(story()).until(dt.datetime(2026, 6, 25, 9, tzinfo=dt.UTC))
        [debit] = requested(told)
        fields = {
            "payment": {"payment_id": "bank-1", "method": "direct_debit",
                        "received_at": "2026-06-25T08:00:00Z",
                        "allocations": [{"invoice_id": "i1", "amount": eur(4999)}]},
            "failed": {"collection_id": debit.collection_id, "attempt": 2,
                       "failed_at": "2026-06-30T08:00:00Z"},
        }  # fmt: skip
        for name in (first, second):
            getattr(told, name)(**fields[name])
        assert open_of(told) == {"i1": 4999}, (first, second)


def test_a_thank_you_taken_back_in_vain_is_corrected() -> None:
    """It had left already: its receipt is news, though nothing else of the row changes."""
    policy = POLICY.model_copy(update={"retries": rules(enabled=False, corrects_thanks=True)})
    told = Story(policy=policy).customer().invoice().failed().payment()
    [thanks] = told.thanks
    told.wait(minutes=1).reversal(reason_code="AG02").wait(minutes=1)
    assert thanks.message_id in told.withdrawn
    told.receipt("message.delivered.v1", thanks.message_id)
    assert [one.notice for one in told.messages("notice")] == ["thanks_corrected"]
