"""Whom to accept: an application from its submission to its decision, and all amendments after.

The four entry points fold an event over the row: `apply` (topic `applications`), `on_history`,
`on_checks` (internal answers), `fire` (timers). All give (row, effects); a row of None means that
there is none (any more).
"""

from __future__ import annotations

from domain.acceptance.checks import (
    CHECK_REQUESTS_TOPIC,
    CHECKS_ANSWERED,
    CHECKS_REQUESTED,
    HISTORY_ANSWERED,
    HISTORY_REQUESTED,
    HISTORY_TOPIC,
    CheckAnswer,
    ChecksAnswered,
    ChecksRequested,
    HistoryAnswered,
    HistoryRequested,
)
from domain.acceptance.flow import answer_history, on_checks, on_history
from domain.acceptance.history import UNKNOWN, OwnHistory
from domain.acceptance.intake import apply, fire
from domain.acceptance.policy import POLICY_ID, AcceptancePolicy, PolicyDocument
from domain.acceptance.state import ApplicationState

__all__ = [
    "CHECKS_ANSWERED",
    "CHECKS_REQUESTED",
    "CHECK_REQUESTS_TOPIC",
    "HISTORY_ANSWERED",
    "HISTORY_REQUESTED",
    "HISTORY_TOPIC",
    "POLICY_ID",
    "UNKNOWN",
    "AcceptancePolicy",
    "ApplicationState",
    "CheckAnswer",
    "ChecksAnswered",
    "ChecksRequested",
    "HistoryAnswered",
    "HistoryRequested",
    "OwnHistory",
    "PolicyDocument",
    "answer_history",
    "apply",
    "fire",
    "on_checks",
    "on_history",
]
