"""Amendments, withdrawals, duplicates, waiting: what happens around a decision."""

from __future__ import annotations

import datetime as dt

import pytest

from domain import acceptance as rules
from domain.acceptance import HistoryAnswered, HistoryRequested, OwnHistory
from domain.effects import Refuse, RefuseWaiting
from tests.unit.acceptance.scenario import (
    NOW,
    Driver,
    application,
    decision_in,
    only,
    request_in,
    scores,
)

GOOD = scores(900, 900, 900)
ENERGY = {"code": "E", "kind": "energy"}


@pytest.fixture
def driver() -> Driver:
    return Driver()


def test_an_amendment_after_rework_is_decided_anew_and_both_are_kept(driver: Driver) -> None:
    first = decision_in(driver.submit(product=ENERGY))
    request = request_in(driver.amend(attributes={"meter_number": "871234"}))
    assert request.revision == 2
    second = decision_in(driver.answer(request, *GOOD))
    assert (first.outcome, second.outcome) == ("rework", "accept")
    assert first.decision_id != second.decision_id
    assert driver.state is not None
    assert [one.decision for one in driver.state.decisions] == [first, second]


def test_one_application_id_under_two_customers_shares_no_id(driver: Driver) -> None:
    """In two partitions nobody sees that: nothing of one may pass for the other."""
    other = Driver()
    one, two = request_in(driver.submit()), request_in(other.submit(customer_id="C-2"))
    assert one.application_id == two.application_id
    assert one.request_id != two.request_id  # bureaus are asked for both
    decided = (decision_in(driver.answer(one, *GOOD)), decision_in(other.answer(two, *GOOD)))
    assert decided[0].decision_id != decided[1].decision_id


def test_an_amendment_after_a_decision_recomputes_it(driver: Driver) -> None:
    decision_in(driver.answer(request_in(driver.submit()), *scores(100, 900, 900)))
    request = request_in(driver.amend(applicant={"address": {"number": "2"}}))
    assert request.subject.address.number == "2"
    assert request.subject.address.city == "Utrecht"
    assert decision_in(driver.answer(request, *GOOD)).outcome == "accept"


def test_an_answer_to_an_older_revision_is_ignored(driver: Driver) -> None:
    old = request_in(driver.submit())
    new = request_in(driver.amend(channel="shop"))
    assert driver.answer(old, *scores(0, 0, 0)) == []
    assert decision_in(driver.answer(new, *GOOD)).outcome == "accept"


def test_a_revision_is_decided_once(driver: Driver) -> None:
    request = request_in(driver.submit())
    decision_in(driver.answer(request, *GOOD))
    assert driver.answer(request, *GOOD) == []


def test_null_in_a_patch_removes(driver: Driver) -> None:
    request_in(driver.submit())
    decision = decision_in(driver.amend(applicant={"email": None}))
    assert [gap.field for gap in decision.missing or ()] == ["applicant.email"]


def test_a_withdrawn_application_gets_no_decision(driver: Driver) -> None:
    request = request_in(driver.submit())
    assert driver.withdraw() == []
    assert driver.answer(request, *GOOD) == []
    assert driver.amend(channel="shop") == []
    assert driver.state is not None
    assert driver.state.status == "withdrawn"


def test_an_invalid_amendment_is_refused_and_changes_nothing(driver: Driver) -> None:
    driver.submit()
    before = driver.state
    (refused,) = driver.amend(product={"kind": "yacht"}, applicant={"email": "secret@example.org"})
    assert isinstance(refused, Refuse)
    assert refused.reason == "invalid"
    assert "product.kind" in refused.detail
    assert "yacht" not in refused.detail
    assert driver.state == before


def test_the_same_event_again_changes_nothing(driver: Driver) -> None:
    driver.send("application.submitted.v1", application(), event_id="same")
    before = driver.state
    assert driver.send("application.submitted.v1", application(), event_id="same") == []
    assert driver.state == before


def test_the_same_content_under_another_id_changes_nothing_other_content_conflicts(
    driver: Driver,
) -> None:
    driver.submit()
    driver.amend(channel="shop")
    assert driver.submit() == []
    (refused,) = driver.submit(channel="shop")
    assert isinstance(refused, Refuse)
    assert refused.reason == "conflict"


@pytest.mark.parametrize("key", ["A-1", "C-2"])
def test_a_submission_under_a_wrong_key_is_refused(driver: Driver, key: str) -> None:
    (refused,) = driver.send("application.submitted.v1", application(), key)
    assert isinstance(refused, Refuse)
    assert refused.reason == "key_mismatch"
    assert driver.state is None


def test_without_a_customer_the_key_is_the_application(driver: Driver) -> None:
    request = request_in(driver.submit(customer_id=None))
    assert request.key == "A-1"
    (refused,) = driver.amend(key="C-1", channel="shop")
    assert isinstance(refused, Refuse)
    assert refused.reason == "key_mismatch"


def test_an_early_amendment_waits_for_its_submission(driver: Driver) -> None:
    assert driver.amend(attributes={"meter_number": "87"}, household=None) == []
    assert driver.state is not None
    assert driver.state.timers == {"waiting": NOW + dt.timedelta(days=30)}
    request = request_in(driver.submit(product=ENERGY))
    assert request.revision == 2
    assert driver.state.timers == {}


def test_an_early_withdrawal_waits_too(driver: Driver) -> None:
    driver.withdraw()
    assert driver.submit() == []
    assert driver.state is not None
    assert driver.state.status == "withdrawn"


def test_an_orphan_is_given_up_after_thirty_days_each_at_its_time(driver: Driver) -> None:
    driver.amend(channel="shop")
    driver.now = NOW + dt.timedelta(days=10)
    driver.amend(channel="web")
    due = NOW + dt.timedelta(days=30)
    state, effects = rules.fire(driver.state, "waiting", due, driver.policy, due)
    (given_up,) = effects
    assert isinstance(given_up, RefuseWaiting)
    assert given_up.reason == "orphan"
    assert "shop" in given_up.raw
    assert state is not None
    due = state.timers["waiting"]
    assert due == NOW + dt.timedelta(days=40)
    state, effects = rules.fire(state, "waiting", due, driver.policy, due)
    assert state is None
    assert len(effects) == 1


def test_an_early_amendment_that_does_not_fit_is_refused_when_the_submission_comes(
    driver: Driver,
) -> None:
    driver.amend(product={"kind": "yacht"})
    refused, _ = driver.submit()
    assert isinstance(refused, RefuseWaiting)
    assert refused.reason == "invalid"
    assert driver.state is not None
    assert driver.state.status == "checking"
    assert driver.state.revision == 1


def test_a_customer_named_later_is_asked_for_in_the_customers_own_partition(
    driver: Driver,
) -> None:
    request_in(driver.submit(customer_id=None))
    asked = only(driver.amend(key="A-1", customer_id="C-9"))
    assert (asked.topic, asked.key) == ("internal.history", "C-9")
    assert isinstance(asked.data, HistoryRequested)
    reply = rules.answer_history(
        asked.data, OwnHistory(known=True, overdue_minor_by_currency={"EUR": 100})
    )
    assert (reply.topic, reply.key) == ("internal.history", "A-1")
    assert isinstance(reply.data, HistoryAnswered)
    driver.state, effects = rules.on_history(driver.state, reply.data, driver.policy, NOW)
    decision = decision_in(driver.answer(request_in(effects), *GOOD))
    assert decision.outcome == "refer"
    assert decision.customer_id == "C-9"
    assert [reason.code for reason in decision.reasons] == ["overdue_with_us"]
    state, effects = rules.on_history(driver.state, reply.data, driver.policy, NOW)
    assert (state, effects) == (driver.state, [])


def test_a_stored_decision_can_be_recomputed_from_its_facts(driver: Driver) -> None:
    decision = decision_in(driver.answer(request_in(driver.submit()), *scores(900, 300, 500)))
    assert driver.state is not None
    made = driver.state.decisions[-1]
    verdict = driver.policy.table.decide(made.facts)
    assert (verdict.row_id, verdict.outcome.outcome) == (made.row, decision.outcome)


def test_too_deep_documents_are_refused(driver: Driver) -> None:
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"x": deep}
    (refused,) = driver.submit(attributes=deep)
    assert isinstance(refused, Refuse)
    driver.submit()
    (refused,) = driver.amend(attributes=deep)
    assert isinstance(refused, Refuse)
