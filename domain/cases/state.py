"""What a customer's row keeps of their case."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.row import Row

NOTES_MAX = 100


class Note(Row):
    """What somebody wrote down about the customer."""

    note_id: str
    at: AwareDatetime
    by: str
    text: str


class GivenUp(Row):
    """An invoice that is not chased any more: written off, or a collector has it."""

    kind: Literal["written_off", "handed_over"]
    at: AwareDatetime
    by: str
    approved_by: str
    reason: str = ""
    collector: str | None = None
    currency: str = "EUR"
    #: What was open when this was last told to whom it concerns, in minor units.
    open_minor: int


class CaseFile(Row):
    """The customer's one case: from the first chase until nothing is chased in any currency."""

    case_id: str | None = None
    #: Cases there have been: two that begin at one instant are two all the same.
    cases: int = 0
    state: str | None = None
    #: Changes of this case, for their event ids.
    changes: int = 0
    opened_at: AwareDatetime | None = None
    notes: tuple[Note, ...] = ()
    given_up: dict[str, GivenUp] = Field(default_factory=dict)
    #: Counts what was published about items given up, for the event ids.
    told: int = 0
