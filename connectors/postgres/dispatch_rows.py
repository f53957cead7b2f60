"""What goes in and out of the table `dispatches`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["claimed", "sent", "failed", "unknown", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked for: the facts of a `message.requested.v1`.

    With `handed_over` a new claim counts as handed over at once: right where the content leaves
    next and the gateway can be asked about it.
    """

    message_id: str
    channel: str
    customer_id: str
    kind: str
    not_after: datetime
    handed_over: bool


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A `message.withdrawn.v1`."""

    message_id: str
    customer_id: str
    because: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A claimed message as the table has it.

    `fresh`: the very call that gave this made the row. `handed_over`: its content may have left.
    `overdue`: past its `not_after`, or tried in vain for too long.
    """

    message_id: str
    channel: str
    customer_id: str
    state: State
    reason: str | None
    not_after: datetime
    attempts: int
    handed_over: bool
    overdue: bool
    finished_at: datetime | None
    receipted: bool
    fresh: bool = False


def dispatch(row: Any, *, fresh: bool = False) -> Dispatch:
    """The dispatch of a database row."""
    return Dispatch(
        message_id=row["message_id"],
        channel=row["channel"],
        customer_id=row["customer_id"],
        state=row["state"],
        reason=row["reason"],
        not_after=row["not_after"],
        attempts=row["attempts"],
        handed_over=row["handover_at"] is not None,
        overdue=row["overdue"],
        finished_at=row["finished_at"],
        receipted=row["receipt_at"] is not None,
        fresh=fresh,
    )
