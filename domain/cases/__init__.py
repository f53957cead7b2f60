"""A case: one customer's arrears, from the first chase until nothing is chased any more."""

from __future__ import annotations

import datetime as dt

from domain.effects import Publish
from domain.events.outputs import CaseChanged, NextStep
from domain.identity import digest

TOPIC = "cases"


def case_id(customer_id: str, about: str, caused_by: str, opened_at: dt.datetime) -> str:
    """The same arrears always have the same id."""
    return "case-" + digest(customer_id, about, caused_by, opened_at.isoformat())


def changed(
    *,
    case: str,
    change: int,
    customer_id: str,
    state: str,
    previous: str | None,
    because: str,
    next_reminder_at: dt.datetime | None,
    at: dt.datetime,
) -> Publish:
    """`case.changed.v1`; `change` counts the changes of this case."""
    next_step = NextStep(kind="reminder", at=next_reminder_at) if next_reminder_at else None
    return Publish(
        topic=TOPIC,
        ce_type="case.changed.v1",
        event_id=f"{case}:{change}",
        key=customer_id,
        data=CaseChanged(
            case_id=case,
            customer_id=customer_id,
            state=state,
            previous=previous,
            because=because,
            next_step=next_step,
            at=at,
        ),
    )
