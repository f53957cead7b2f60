"""The facts a decision table may look at: the columns, by name and kind.

A fact that nobody could establish is missing (None), never a default: see domain-facts D23.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.acceptance.checks import CheckAnswer
from domain.acceptance.history import OwnHistory
from domain.events.applications import ApplicationSubmitted
from domain.policy.conditions import Kind, Value

KINDS: dict[str, Kind] = {
    "missing_fields": "int",
    "fraud": "bool",
    "score_lowest": "int",
    "scores": "int",
    "unanswered_required": "int",
    "customer_known": "bool",
    "overdue_with_us": "bool",
    "returns_with_us": "int",
    "tenure_days": "int",
    "product_kind": "text",
    "product_code": "text",
    "channel": "text",
    "term_months": "int",
    "device_credit_minor": "int",
    "monthly_minor": "int",
    "net_income_minor": "int",
    "housing_cost_minor": "int",
    "other_loans_minor": "int",
    "household_composition": "text",
    "household_tenure": "text",
    "birth_date": "date",
    "submitted_on": "date",
}


def facts_of(
    application: ApplicationSubmitted,
    missing_fields: int,
    history: OwnHistory,
    answers: Sequence[CheckAnswer],
    required_providers: Sequence[str],
) -> dict[str, Value]:
    """Everything known when a decision is due; exactly the names of `KINDS`."""
    return {
        "missing_fields": missing_fields,
        **_from_bureaus(answers, required_providers),
        **_from_history(history),
        **_from_application(application),
    }


def _from_bureaus(answers: Sequence[CheckAnswer], required: Sequence[str]) -> dict[str, Value]:
    scores = [answer.score for answer in answers if answer.score is not None]
    answered = {answer.provider for answer in answers if answer.answered}
    unanswered = [provider for provider in required if provider not in answered]
    fraud: bool | None = any(answer.fraud for answer in answers)
    if not fraud and (unanswered or not answers):
        # Nobody has cleared the person as long as somebody who must be asked is silent.
        fraud = None
    return {
        "fraud": fraud,
        "score_lowest": min(scores) if scores else None,
        "scores": len(scores),
        "unanswered_required": len(unanswered),
    }


def _from_history(history: OwnHistory) -> dict[str, Value]:
    return {
        "customer_known": history.known,
        "overdue_with_us": history.overdue,
        "returns_with_us": history.returns,
        "tenure_days": history.tenure_days,
    }


def _from_application(application: ApplicationSubmitted) -> dict[str, Value]:
    product, household = application.product, application.household
    birth: dt.date | None = application.applicant.birth_date
    return {
        "product_kind": product.kind,
        "product_code": product.code,
        "channel": application.channel,
        "term_months": product.term_months,
        "device_credit_minor": product.device_credit.minor if product.device_credit else None,
        "monthly_minor": product.monthly.minor if product.monthly else None,
        "net_income_minor": household.net_income_monthly.minor if household else None,
        "housing_cost_minor": household.housing_cost_monthly.minor if household else None,
        "other_loans_minor": household.other_loans_monthly.minor if household else None,
        "household_composition": household.composition if household else None,
        "household_tenure": household.tenure if household else None,
        "birth_date": birth,
        "submitted_on": application.submitted_at.date(),
    }
