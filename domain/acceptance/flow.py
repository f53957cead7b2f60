"""From a complete application to its decision: own history first, then the bureaus.

Each revision is decided once. An answer that belongs to an older revision, to a withdrawn
application or to one already decided changes nothing.
"""

from __future__ import annotations

import datetime as dt

from domain.acceptance.checks import (
    CHECK_REQUESTS_TOPIC,
    CHECKS_REQUESTED,
    HISTORY_ANSWERED,
    HISTORY_REQUESTED,
    HISTORY_TOPIC,
    ChecksAnswered,
    ChecksRequested,
    HistoryAnswered,
    HistoryRequested,
    Subject,
)
from domain.acceptance.completeness import missing_in
from domain.acceptance.decide import decide, deterministic_id, revision_id
from domain.acceptance.history import UNKNOWN, OwnHistory
from domain.acceptance.policy import AcceptancePolicy
from domain.acceptance.state import ApplicationState
from domain.effects import Effect, Publish

Step = tuple[ApplicationState, list[Effect]]


def begin(
    state: ApplicationState,
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None,
) -> Step:
    """Start the present revision: `rework` when something is missing, else its history.

    `own` is what this partition knows of the customer named by the record's key.
    """
    missing = missing_in(state.document, policy.document.required)
    state = state.changed(missing=missing, checks=(), history=UNKNOWN)
    if missing:
        return decide(state, policy, now)
    if state.customer_id is None:
        return _ask_bureaus(state, policy, now)
    if state.customer_id == state.key:
        return _ask_bureaus(state.changed(history=own or UNKNOWN), policy, now)
    return state.changed(status="history"), [_history_request(state, state.customer_id)]


def on_history(
    state: ApplicationState | None,
    answer: HistoryAnswered,
    policy: AcceptancePolicy,
    now: dt.datetime,
) -> tuple[ApplicationState | None, list[Effect]]:
    """The customer's own partition has told what it knows."""
    if state is None or state.status != "history" or answer.revision != state.revision:
        return state, []
    return _ask_bureaus(state.changed(history=answer.history), policy, now)


def on_checks(
    state: ApplicationState | None,
    answer: ChecksAnswered,
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None = None,
) -> tuple[ApplicationState | None, list[Effect]]:
    """The bureaus have answered, or their deadline has. This decides.

    `own`, where the customer lives in this partition, is newer than what `begin` was told.
    """
    if state is None or state.status != "checking" or answer.revision != state.revision:
        return state, []
    if own is not None and state.customer_id == state.key:
        state = state.changed(history=own)
    return decide(state.changed(checks=answer.answers), policy, now)


def answer_history(request: HistoryRequested, history: OwnHistory) -> Publish:
    """What the partition of the customer replies to a `HistoryRequested`."""
    return Publish(
        topic=HISTORY_TOPIC,
        ce_type=HISTORY_ANSWERED,
        event_id=deterministic_id("history-answer", request.request_id),
        key=request.key,
        data=HistoryAnswered(
            request_id=request.request_id,
            application_id=request.application_id,
            key=request.key,
            revision=request.revision,
            customer_id=request.customer_id,
            history=history,
        ),
    )


def _history_request(state: ApplicationState, customer_id: str) -> Publish:
    request_id = revision_id("history", state)
    return Publish(
        topic=HISTORY_TOPIC,
        ce_type=HISTORY_REQUESTED,
        event_id=request_id,
        key=customer_id,
        data=HistoryRequested(
            request_id=request_id,
            application_id=state.application_id,
            key=state.key,
            revision=state.revision,
            customer_id=customer_id,
        ),
    )


def _ask_bureaus(state: ApplicationState, policy: AcceptancePolicy, now: dt.datetime) -> Step:
    subject = _subject(state)
    if subject is None or not policy.document.providers:
        # A policy that requires neither name nor address leaves nobody to ask for.
        return decide(state, policy, now)
    request_id = revision_id("checks", state)
    request = ChecksRequested(
        request_id=request_id,
        application_id=state.application_id,
        key=state.key,
        revision=state.revision,
        subject=subject,
        providers=policy.document.providers,
        deadline_ms=policy.document.deadline_ms,
    )
    asked = Publish(
        topic=CHECK_REQUESTS_TOPIC,
        ce_type=CHECKS_REQUESTED,
        event_id=request_id,
        key=state.key,
        data=request,
    )
    return state.changed(status="checking"), [asked]


def _subject(state: ApplicationState) -> Subject | None:
    applicant = state.application.applicant
    if applicant.name is None or applicant.birth_date is None or applicant.address is None:
        return None
    return Subject(name=applicant.name, birth_date=applicant.birth_date, address=applicant.address)
