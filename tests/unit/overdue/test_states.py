"""States of arrears: recomputed from facts and clock, changed live, with consequences as events."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events.overdue import OverdueStateChanged, ServiceConsequence
from domain.overdue.diagram import svg
from domain.overdue.policy import OverdueRules, Situation
from tests.unit.collections.story import POLICY, START, Story, eur

_LABEL = {"en": "x"}


def rules(*states: dict[str, Any], **more: Any) -> OverdueRules:
    """A rule set of these states, each with a label and a source."""
    rows = [
        {"label": _LABEL, "valid_from": "2000-01-01", "source": "test", "when": {}} | state
        for state in states
    ]
    document = {"id": "overdue", "version": 2, "clear_label": _LABEL, "states": rows}
    return OverdueRules.model_validate(document | more)


def with_rules(overdue: OverdueRules) -> Story:
    """A story under these rules."""
    return Story(policy=POLICY.model_copy(update={"overdue": overdue}))


BARRING = rules(
    {"name": "late", "when": {"days_min": 0}},
    {"name": "barred", "when": {"days_min": 10}, "services": ["outgoing_calls"]},
    {"name": "cut", "when": {"days_min": 20}, "services": ["outgoing_calls", "data"]},
)


def _states(story: Story) -> list[str]:
    found = [one.data for one in story.published("overdue-state.changed.v1")]
    return [one.state for one in found if isinstance(one, OverdueStateChanged)]


def _services(story: Story) -> list[str]:
    found = [one.data for one in story.published("service.consequence.v1")]
    return [
        f"{one.action} {one.consequence}" for one in found if isinstance(one, ServiceConsequence)
    ]


def test_time_makes_it_worse_and_payment_clears_it_at_once() -> None:
    """Due 29 May, so ten days late when 8 June begins in Amsterdam."""
    story = with_rules(BARRING).owing().wait(days=30)
    changes = [one.data for one in story.published("overdue-state.changed.v1")]
    assert _states(story) == ["late", "barred", "cut"]
    moments = [one.at for one in changes if isinstance(one, OverdueStateChanged)]
    assert moments[1] == dt.datetime(2026, 6, 7, 22, tzinfo=dt.UTC)
    story.payment()
    assert _states(story)[-1] == "clear"
    assert _services(story) == [
        "apply outgoing_calls", "apply data", "lift outgoing_calls", "lift data",
    ]  # fmt: skip


def test_the_starting_rules_only_name_the_state() -> None:
    story = Story().owing().wait(days=120)
    assert _states(story) == ["late", "late_30", "late_60", "default"]
    assert _services(story) == []
    assert len(story.messages()) == 3


def test_it_is_recomputed_so_a_state_may_be_jumped_over_and_come_back() -> None:
    """A reversal of an old payment puts the customer where the facts say, not one step on."""
    story = with_rules(BARRING).owing().payment().wait(days=40)
    assert _states(story) == ["late", "clear"]
    story.reversal()
    assert _states(story) == ["late", "clear", "cut"]


def test_a_change_of_the_rules_takes_effect_with_the_next_event() -> None:
    story = with_rules(BARRING).owing().wait(days=12)
    assert _services(story) == ["apply outgoing_calls"]
    lenient = rules({"name": "late", "when": {"days_min": 0}})
    story.policy = POLICY.model_copy(update={"overdue": lenient})
    story.customer()
    assert _states(story)[-1] == "late"
    assert _services(story)[-1] == "lift outgoing_calls"


def test_a_debit_that_is_our_fault_is_no_arrears() -> None:
    story = with_rules(BARRING).customer().invoice().failed(code="AG02").wait(days=40)
    assert _states(story) == []


def test_what_is_tolerated_is_not_chased() -> None:
    """Three cents open: no reminder, no case; four cents are chased."""
    tolerant = rules({"name": "late", "when": {"days_min": 0}}, tolerance_minor={"EUR": 3})
    story = with_rules(tolerant).customer().invoice(minor=3, payment_method="link").wait(days=5)
    assert (story.messages(), story.published("case.changed.v1")) == ([], [])
    story.invoice("i2", minor=1, payment_method="link")
    assert len(story.reminders) == 1
    assert story.reminders[0].amount_due is not None
    assert story.reminders[0].amount_due.minor == 4


def test_entering_a_state_sends_its_notice_once() -> None:
    letter = rules(
        {"name": "late", "when": {"days_min": 0}},
        {"name": "serious", "when": {"days_min": 10}, "notices": ["debt_advice"]},
    )
    story = with_rules(letter).owing().wait(days=40)
    assert story.state is not None
    notices = story.state.notices
    assert [key.split("|")[0] for key in (*notices.owed, *notices.sent)] == ["debt_advice"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"open_minor_min": {"EUR": 5000}}, False),
        ({"open_minor_min": {"EUR": 4999}}, True),
        ({"items_min": 2}, False),
        ({"reminders_min": 1}, True),
        ({"reminders_min": 2}, False),
        ({"codes": ["AM04"]}, True),
        ({"codes": ["MD06"]}, False),
        ({"kinds": ["energy"]}, False),
        ({"person_groups": ["student"]}, False),
        ({"days_min": 1, "since": "last_reminder"}, True),
        ({"days_min": 3, "since": "last_reminder"}, False),
        ({"days_min": 3, "since": "end_of_month"}, True),
        ({"days_min": 4, "since": "end_of_month"}, False),
    ],
)
def test_conditions(when: dict[str, Any], *, expected: bool) -> None:
    """Due on 29 May, reminded on 1 June; looked at two days later."""
    story = with_rules(rules({"name": "hit", "when": when})).owing().wait(days=1, hours=14)
    story.customer()
    assert ("hit" in _states(story)) is expected


_DAYS = st.integers(min_value=-5, max_value=400)


@given(days=_DAYS, more=st.integers(min_value=0, max_value=400), items=st.integers(0, 3))
def test_more_days_are_never_milder(days: int, more: int, items: int) -> None:
    """Total, and monotone in time: waiting never improves a state."""

    def severity(late: int) -> int:
        at = Situation(
            days={"due": late, "end_of_month": late, "last_reminder": None},
            open_minor={"EUR": 100},
            items=items,
            reminders=0,
            codes=frozenset(),
            flags=frozenset(),
            person_group=None,
            brand=None,
            kinds=frozenset(),
        )
        state = POLICY.overdue.state_for(at, START.date())
        return POLICY.overdue.severity(state.name if state else None)

    assert severity(days) <= severity(days + more)
    assert items or severity(days) == 0


def test_findings_tell_of_a_state_that_is_never_reached() -> None:
    hidden = rules({"name": "a", "when": {"days_min": 9}}, {"name": "b", "when": {"days_min": 3}})
    assert any("a is never reached" in found for found in hidden.findings())
    assert BARRING.findings() == ["barred restricts services within 14 days"]
    assert POLICY.overdue.findings() == []


def test_the_diagram_shows_what_holds_and_escapes_it() -> None:
    drawn = svg(rules({"name": "a", "label": {"en": "<b>"}, "services": ["data"]}), "nl")
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert "beperkt data" in drawn
    assert drawn.count("<rect") == 2


def test_a_reminder_before_the_due_date_when_policy_says_so() -> None:
    """F118: three days before; nothing when it is paid by then; chased as usual afterwards."""
    early = POLICY.overdue.model_copy(update={"days_before_due": 3})
    story = with_rules(early).customer().invoice(payment_method="link", due_on="2026-06-20")
    story.invoice("i2", payment_method="link", due_on="2026-06-25").wait(days=1)
    assert story.messages() == []
    story.payment(allocations=[{"invoice_id": "i2", "amount": eur(4999)}]).wait(days=25)
    first, second = story.messages()[:2]
    assert first.requested_at.date() == dt.date(2026, 6, 17)
    assert first.invoice_ids == ("i1",)
    assert (second.kind, second.requested_at.date()) == ("reminder", dt.date(2026, 6, 21))
    assert all("i2" not in message.invoice_ids for message in story.messages())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("dispute.opened.v1", {"dispute_id": "d1"}),
        ("hold.placed.v1", {"hold_id": "h1"}),
        ("debt.written-off.v1", {"approved_by": "bob"}),
    ],
)
def test_what_may_not_be_asked_for_is_not_announced(kind: str, fields: dict[str, Any]) -> None:
    """A word before the due date names an amount and a link: it is asking for money."""
    early = POLICY.overdue.model_copy(update={"days_before_due": 3})
    story = with_rules(early).customer().invoice(payment_method="link", due_on="2026-06-20")
    about = {"customer_id": "c1", "at": "2026-06-02T09:00:00Z", "by": "ann"}
    story.tell(kind, about | fields).wait(days=18)
    assert story.messages() == []


def test_a_renamed_state_gives_no_service_back_while_a_hold_runs() -> None:
    story = with_rules(BARRING).owing().wait(days=12)
    about = {"customer_id": "c1", "at": "2026-06-02T09:00:00Z", "by": "ann"}
    story.tell("hold.placed.v1", about | {"hold_id": "h1"})
    renamed = [state.model_copy(update={"name": f"{state.name}_2"}) for state in BARRING.states]
    rules_2 = BARRING.model_validate(
        BARRING.model_dump() | {"version": 3, "states": [one.model_dump() for one in renamed]}
    )
    story.policy = POLICY.model_copy(update={"overdue": rules_2})
    story.customer()
    assert _states(story)[-1] == "barred_2"
    assert _services(story) == ["apply outgoing_calls"]
