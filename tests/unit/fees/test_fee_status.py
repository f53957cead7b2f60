"""Fee status: rules as data, changes as events, time as a timer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.events.outputs import FeeStatusChanged
from domain.fees.policy import FeeRule, Situation
from domain.fees.state import fee_view
from tests.unit.collections.story import POLICY, START, Story


def _statuses(story: Story) -> list[str]:
    found = [one.data for one in story.published("fee-status.changed.v1")]
    return [one.status for one in found if isinstance(one, FeeStatusChanged)]


def test_no_status_before_the_customer_is_known() -> None:
    story = Story().invoice().failed()
    assert story.fee_state is None
    story.customer()
    assert _statuses(story) == ["late"]


def test_time_alone_moves_it_and_payment_ends_it() -> None:
    story = Story().customer().invoice(payment_method="link", due_on="2026-06-05").wait(days=40)
    assert _statuses(story) == ["regular", "late", "late_14", "late_30"]
    changed = [one.data for one in story.published("fee-status.changed.v1")]
    days = [one.changed_at for one in changed if isinstance(one, FeeStatusChanged)]
    assert days[1] == dt.datetime(2026, 6, 5, 22, tzinfo=dt.UTC)  # the 6th begins in Amsterdam
    assert days[2] == dt.datetime(2026, 6, 18, 22, tzinfo=dt.UTC)
    story.payment()
    assert _statuses(story)[-1] == "regular"
    assert story.fee_state is not None
    assert story.fee_state.timers == {}
    assert fee_view(story.fee_state)["fees"] == []


def test_a_debit_that_did_not_fail_by_the_customer_is_no_signal() -> None:
    story = Story().customer().invoice(due_on="2026-05-01").failed(code="AG02").wait(days=30)
    assert _statuses(story) == ["regular"]


@pytest.mark.parametrize(
    ("profile", "status"),
    [
        ({}, "late"),
        ({"customer_since": "2015-01-01"}, "grace"),
        ({"person_group": "student"}, "grace"),
    ],
)
def test_loyalty_and_group(profile: dict[str, Any], status: str) -> None:
    story = Story().customer(**profile).invoice().failed()
    assert _statuses(story) == ["regular", status]


def test_only_a_change_is_an_event() -> None:
    story = Story().owing().wait(days=2).customer().payment(minor=1)
    assert _statuses(story) == ["regular", "late"]
    ids = [one.event_id for one in story.published("fee-status.changed.v1")]
    assert len(set(ids)) == 2


def test_first_match_decides_and_regions_count() -> None:
    rules = (
        FeeRule(status="a", regions=frozenset({"north"}), days_late_min=1),
        FeeRule(status="b", days_late_min=1, loyalty_years_max=2),
    )
    policy = POLICY.fees.model_copy(update={"rules": rules})

    def status(**fields: Any) -> str:
        situation = {"days_late": 3, "loyalty_years": 1, "person_group": None, "region": None}
        return policy.status(Situation(**(situation | fields)))

    assert status(region="north") == "a"
    assert status() == "b"
    assert status(loyalty_years=3) == "regular"
    assert status(days_late=0) == "regular"


def test_an_anniversary_is_a_reason_to_look_again() -> None:
    since = (START.date() + dt.timedelta(days=2)).replace(year=2021)
    story = Story().customer(customer_since=str(since)).invoice().failed()
    assert _statuses(story) == ["regular", "late"]
    story.wait(days=3)
    assert _statuses(story)[-1] == "grace"
