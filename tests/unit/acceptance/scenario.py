"""Applications as the contract writes them, and a driver that plays the other side."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import orjson
import pytest

from domain import acceptance as rules
from domain.acceptance import (
    AcceptancePolicy,
    ApplicationState,
    CheckAnswer,
    ChecksAnswered,
    ChecksRequested,
    OwnHistory,
)
from domain.effects import Effect, Publish
from domain.events import INPUTS, Envelope
from domain.events.outputs import DecisionMade

NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


def application(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "application_id": "A-1",
        "customer_id": "C-1",
        "applicant": {
            "name": {"given": "Anna", "family": "de Vries"},
            "birth_date": "1990-02-03",
            "email": "anna@example.org",
            "address": {
                "street": "Laan",
                "number": "1",
                "postal_code": "1234 AB",
                "city": "Utrecht",
                "country": "NL",
            },
        },
        "channel": "web",
        "product": {"code": "SIM-1", "kind": "sim_only"},
        "submitted_at": "2026-06-01T08:59:00Z",
    }
    return document | changes


class Driver:
    """One application's row, fed by hand."""

    def __init__(self) -> None:
        self.policy = AcceptancePolicy.starting()
        self.state: ApplicationState | None = None
        self.now = NOW
        self.own: OwnHistory | None = None
        self._ids = itertools.count(1)

    def send(
        self, ce_type: str, data: dict[str, Any], key: str = "C-1", event_id: str | None = None
    ) -> list[Effect]:
        envelope = Envelope(
            id=event_id or f"e-{next(self._ids)}", source="test", type=ce_type, time=self.now
        )
        raw = orjson.dumps(data)
        event = INPUTS["applications"][ce_type].model_validate_json(raw, strict=True)
        self.state, effects = rules.apply(
            self.state, key, envelope, event, raw.decode(), self.policy, self.now, self.own
        )
        self._survives_storage()
        return effects

    def submit(self, **changes: Any) -> list[Effect]:
        document = application(**changes)
        key = document.get("customer_id") or document["application_id"]
        return self.send("application.submitted.v1", document, key)

    def amend(self, key: str = "C-1", **patch: Any) -> list[Effect]:
        return self.send("application.amended.v1", {"application_id": "A-1"} | patch, key)

    def withdraw(self) -> list[Effect]:
        data = {"application_id": "A-1", "withdrawn_at": "2026-06-01T09:00:00Z"}
        return self.send("application.withdrawn.v1", data)

    def answer(self, request: ChecksRequested, *answers: CheckAnswer) -> list[Effect]:
        answered = ChecksAnswered(
            request_id=request.request_id,
            application_id=request.application_id,
            key=request.key,
            revision=request.revision,
            answers=answers,
        )
        self.state, effects = rules.on_checks(self.state, answered, self.policy, self.now)
        self._survives_storage()
        return effects

    def _survives_storage(self) -> None:
        if self.state is not None:
            stored = self.state.model_dump_json(exclude_none=True)
            assert self.state == ApplicationState.model_validate_json(stored)


def said(provider: str, score: int | None = None, **more: Any) -> CheckAnswer:
    status = more.pop("status", "hit" if score is not None or more.get("fraud") else "no_hit")
    return CheckAnswer(provider=provider, status=status, score=score, latency_ms=5, **more)


def scores(bkr: int, experian: int, infoscore: int) -> tuple[CheckAnswer, ...]:
    return said("bkr", bkr), said("experian", experian), said("infoscore", infoscore)


def only(effects: list[Effect]) -> Publish:
    (effect,) = effects
    assert isinstance(effect, Publish)
    return effect


def request_in(effects: list[Effect]) -> ChecksRequested:
    data = only(effects).data
    assert isinstance(data, ChecksRequested)
    return data


def decision_in(effects: list[Effect]) -> DecisionMade:
    data = only(effects).data
    assert isinstance(data, DecisionMade)
    return data


@pytest.fixture
def driver() -> Driver:
    return Driver()
