"""Contract, section 4, Applications: each sentence is a test."""

from __future__ import annotations

from typing import Any

import pytest

from domain.acceptance import CheckAnswer, OwnHistory
from tests.unit.acceptance.scenario import (
    Driver,
    application,
    decision_in,
    request_in,
    said,
    scores,
)

OVERDUE = OwnHistory(known=True, overdue_minor_by_currency={"EUR": 1})
PAID_UP = OwnHistory(known=True, overdue_minor_by_currency={"EUR": 0})
LANGUAGES = {"en", "nl", "de"}


@pytest.fixture
def driver() -> Driver:
    return Driver()


def test_the_three_bureaus_are_asked_with_five_seconds(driver: Driver) -> None:
    request = request_in(driver.submit())
    assert request.providers == ("bkr", "experian", "infoscore")
    assert request.deadline_ms == 5000
    assert request.key == "C-1"


def silent(status: str) -> tuple[CheckAnswer, ...]:
    return said("bkr", 900), said("experian", status=status), said("infoscore", 900)


NO_HITS = (said("bkr"), said("experian"), said("infoscore"))
ONE_FRAUD = (said("bkr", fraud=True), said("experian", 900), said("infoscore", 900))


@pytest.mark.parametrize(
    ("answers", "own", "outcome", "light", "degraded"),
    [
        (scores(900, 800, 700), None, "accept", "green", False),
        (scores(900, 401, 700), None, "accept", "green", False),
        (scores(900, 400, 700), None, "refer", "amber", False),
        (scores(900, 200, 700), None, "refer", "amber", False),
        (scores(900, 199, 700), None, "reject", "red", False),
        (scores(0, 900, 900), None, "reject", "red", False),
        (ONE_FRAUD, None, "reject", "red", False),
        (scores(900, 900, 900), OVERDUE, "refer", "amber", False),
        (scores(900, 900, 900), PAID_UP, "accept", "green", False),
        (scores(900, 199, 900), OVERDUE, "reject", "red", False),
        (silent("timeout"), None, "refer", "amber", True),
        (silent("error"), None, "refer", "amber", True),
        (silent("skipped"), None, "refer", "amber", True),
        ((said("bkr", 900), said("experian"), said("infoscore")), None, "accept", "green", False),
        ((said("bkr", 900, cached=True), *NO_HITS[1:]), None, "accept", "green", False),
        (NO_HITS, None, "refer", "amber", True),
        ((), None, "refer", "amber", True),
    ],
)
def test_the_first_match_decides(
    driver: Driver,
    answers: tuple[CheckAnswer, ...],
    own: OwnHistory | None,
    outcome: str,
    light: str,
    degraded: bool,
) -> None:
    driver.own = own
    decision = decision_in(driver.answer(request_in(driver.submit()), *answers))
    assert (decision.outcome, decision.light, decision.degraded) == (outcome, light, degraded)
    assert decision.machine_outcome == decision.final_outcome == outcome
    assert [check.provider for check in decision.checks] == [one.provider for one in answers]
    assert decision.reasons
    assert all(set(reason.text) == LANGUAGES for reason in decision.reasons)
    review = [reason for reason in decision.reasons if reason.code == "human_review"]
    assert bool(review) == (outcome == "reject")


def test_a_hit_alone_decides_nothing(driver: Driver) -> None:
    answers = (said("bkr", status="hit"), said("experian", 900), said("infoscore", 900))
    decision = decision_in(driver.answer(request_in(driver.submit()), *answers))
    assert decision.outcome == "accept"


def test_a_reject_tells_what_the_bureaus_reported(driver: Driver) -> None:
    answers = (said("bkr", 100, findings=("arrears_elsewhere",)), *scores(0, 900, 900)[1:])
    decision = decision_in(driver.answer(request_in(driver.submit()), *answers))
    codes = [reason.code for reason in decision.reasons]
    assert codes == ["payment_risk_high", "arrears_elsewhere", "human_review"]
    assert "review@dunnock.example" in decision.reasons[-1].text["nl"]


def without(document: dict[str, Any], path: str) -> dict[str, Any]:
    *steps, last = path.split(".")
    inner = document
    for step in steps:
        inner = inner[step]
    del inner[last]
    return document


HOUSEHOLD = {
    "composition": "single",
    "tenure": "tenant",
    "net_income_monthly": {"minor": 250000, "currency": "EUR"},
    "housing_cost_monthly": {"minor": 90000, "currency": "EUR"},
    "other_loans_monthly": {"minor": 0, "currency": "EUR"},
}
CREDIT = {"minor": 20000, "currency": "EUR"}
DEVICE = {"code": "D", "kind": "device", "device_credit": CREDIT}


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"product": DEVICE, "household": HOUSEHOLD}, []),
        ({"product": DEVICE}, ["household"]),
        ({"product": {"code": "D", "kind": "device"}}, ["household", "product.device_credit"]),
        ({"product": {"code": "E", "kind": "energy"}}, ["attributes.meter_number"]),
        (
            {"product": {"code": "E", "kind": "energy"}, "attributes": {"meter_number": " "}},
            ["attributes.meter_number"],
        ),
        ({"product": {"code": "E", "kind": "energy"}, "attributes": {"meter_number": "87"}}, []),
        ({"product": {"code": "B", "kind": "bnpl"}}, ["product.basket"]),
        ({"product": {"code": "B", "kind": "bnpl", "basket": [{"sku": "1"}]}}, []),
    ],
)
def test_what_is_required_by_product_kind(
    driver: Driver, changes: dict[str, Any], missing: list[str]
) -> None:
    effects = driver.submit(**changes)
    if not missing:
        request_in(effects)
        return
    decision = decision_in(effects)
    assert decision.outcome == "rework"
    assert [gap.field for gap in decision.missing or ()] == missing
    assert decision.checks == ()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("applicant.name", "applicant.name"),
        ("applicant.birth_date", "applicant.birth_date"),
        ("applicant.address", "applicant.address"),
        ("applicant.address.city", "applicant.address.city"),
        ("applicant.email", "applicant.email"),
    ],
)
def test_what_every_application_needs(driver: Driver, path: str, field: str) -> None:
    decision = decision_in(driver.submit(**without(application(), path)))
    assert [gap.field for gap in decision.missing or ()] == [field]


def test_a_mobile_number_will_do_for_contact(driver: Driver) -> None:
    document = without(application(), "applicant.email")
    document["applicant"]["mobile"] = "+31612345678"
    request_in(driver.submit(**document))
