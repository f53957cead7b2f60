"""The row of one application in the table `applications`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from pydantic_core import to_json

from domain.acceptance.checks import CheckAnswer
from domain.acceptance.history import UNKNOWN, OwnHistory
from domain.events.applications import ApplicationSubmitted
from domain.events.base import Data, Id, Instant
from domain.events.outputs import DecisionMade, MissingField

Status = Literal["waiting", "history", "checking", "rework", "decided", "withdrawn"]
Fact = bool | int | str


class Identity(Data):
    """An event that has been applied: `(source, id)` names it for ever."""

    source: Id
    id: Id
    at: Instant


class Waiting(Data):
    """An event that came before its submission: kept 30 days, `raw` as it came."""

    identity: Identity
    key: str
    raw: str
    #: The merge patch as JSON text, for its nulls must survive; None: a withdrawal.
    patch: str | None = None
    withdrawn_at: Instant | None = None


class Decided(Data):
    """A decision with what it was made from, so that anybody can recompute it (I6)."""

    decision: DecisionMade
    revision: int
    row: str
    #: What is not named here was missing.
    facts: dict[str, Fact]


class ApplicationState(Data):
    """Immutable; the functions of this package return changed copies.

    `document` is the submission with every amendment merged in, `revision` counts from 1 and goes
    up with each amendment. `status` says what the newest revision waits for.
    """

    application_id: Id
    key: str
    status: Status
    customer_id: Id | None = None
    document: dict[str, Any] = Field(default_factory=dict)
    content_hash: str = ""
    revision: int = 0
    submitted_at: Instant | None = None
    withdrawn_at: Instant | None = None
    seen: tuple[Identity, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    missing: tuple[MissingField, ...] = ()
    history: OwnHistory = UNKNOWN
    checks: tuple[CheckAnswer, ...] = ()
    decisions: tuple[Decided, ...] = ()
    timers: dict[str, Instant] = Field(default_factory=dict)

    @property
    def application(self) -> ApplicationSubmitted:
        """The merged document as the event it is. It was validated when it was merged."""
        return ApplicationSubmitted.model_validate_json(to_json(self.document), strict=True)

    @property
    def decision(self) -> DecisionMade | None:
        """The newest decision."""
        return self.decisions[-1].decision if self.decisions else None

    def changed(self, **fields: Any) -> ApplicationState:
        """A copy with other values; the caller gives values that are already valid."""
        return self.model_copy(update=fields)
