"""What the two sides of a check say to each other on the internal topics.

The stateful side never awaits a bureau or another partition: it asks with an event and goes on
when the answer comes back as one, under the application's own key.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from domain.acceptance.history import OwnHistory
from domain.events.applications import Address
from domain.events.base import Data, Day, Id
from domain.events.customers import PersonName
from domain.events.outputs import CheckResult
from domain.money import Money

CHECK_REQUESTS_TOPIC = "internal.check-requests"
HISTORY_TOPIC = "internal.history"
CHECKS_REQUESTED = "checks.requested.v1"
CHECKS_ANSWERED = "checks.answered.v1"
HISTORY_REQUESTED = "history.requested.v1"
HISTORY_ANSWERED = "history.answered.v1"

Status = Literal["hit", "no_hit", "timeout", "error", "skipped"]


class Subject(Data):
    """Whom a bureau is asked about: no more than it needs to find the person."""

    name: PersonName
    birth_date: Day
    address: Address


class ChecksRequested(Data):
    """Ask `providers` at once; answer all of them within `deadline_ms` of real time.

    Published on `internal.check-requests` under `key`, the application's.
    """

    request_id: Id
    application_id: Id
    key: Id
    revision: int
    purpose: Literal["acceptance"] = "acceptance"
    subject: Subject
    providers: tuple[Id, ...]
    deadline_ms: int


class CheckAnswer(Data):
    """What became of asking one provider. A score (0-1000, higher is better) implies a hit."""

    provider: Id
    status: Status
    #: The answer was given earlier to the same question; `status` is what it was then.
    cached: bool = False
    score: int | None = None
    fraud: bool = False
    #: Codes of the reasons catalogue (`domain.policy.reasons.FINDINGS`).
    findings: tuple[Id, ...] = ()
    latency_ms: int
    cost: Money | None = None

    @model_validator(mode="after")
    def _score_implies_hit(self) -> CheckAnswer:
        told = self.score is not None or self.fraud or bool(self.findings)
        if told and self.status != "hit":
            raise ValueError("only a hit tells something about a person")
        return self

    @property
    def answered(self) -> bool:
        """The provider said something: also that it knows nobody of that name."""
        return self.status in {"hit", "no_hit"}

    def result(self) -> CheckResult:
        """As it stands in `decision.made.v1`."""
        return CheckResult(
            provider=self.provider,
            status="cached" if self.cached else self.status,
            score=self.score,
            latency_ms=self.latency_ms,
            cost=self.cost,
        )


class ChecksAnswered(Data):
    """One answer for each provider of the request. On `internal.check-answers` under `key`."""

    request_id: Id
    application_id: Id
    key: Id
    revision: int
    answers: tuple[CheckAnswer, ...]


class HistoryRequested(Data):
    """Asks the partition of `customer_id` (the record's key) what it knows of the customer."""

    request_id: Id
    application_id: Id
    key: Id
    revision: int
    customer_id: Id


class HistoryAnswered(Data):
    """The answer, under the application's `key`. Both travel on `internal.history`."""

    request_id: Id
    application_id: Id
    key: Id
    revision: int
    customer_id: Id
    history: OwnHistory
