"""Keeps what the contact gate counts by: calls, conversations, consents, stops, limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.compliance import validation
from domain.compliance.calls import record_call
from domain.compliance.consents import ENTRIES_MAX, record_consent, record_stop
from domain.compliance.state import Limit
from domain.compliance.words import record_message
from domain.effects import Refuse
from domain.events.actions import Action, ConsentRecorded, ContactResumed, ContactStopped
from domain.events.contacts import ContactLimited, ContactLimitLifted, MessageReceived
from domain.events.customers import Interaction

_CALLS = frozenset({"call.attempted.v1", "conversation.held.v1"})


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    match data:
        case ConsentRecorded():
            record_consent(work, ce_id, data)
        case ContactStopped() | ContactResumed():
            record_stop(work, data)
        case ContactLimited():
            return _record_limit(work, data)
        case ContactLimitLifted():
            return _record_lifting(work, data)
        case _:
            pass
    return None


def record_interaction(work: Work, kind: str, data: Interaction) -> None:
    """Take from an interaction what the gate counts by."""
    if isinstance(data, MessageReceived):
        record_message(work, work.cause.id if work.cause is not None else "", data)
    elif kind in _CALLS:
        record_call(work, kind, data)


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    validation.owe_notices(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:  # noqa: ARG001 - nothing waits here
    """Instants at which `conclude` has something to do without an event."""
    return iter(())


def _record_lifting(work: Work, data: ContactLimitLifted) -> Refuse | None:
    file = work.state.compliance
    if data.limit_id not in file.lifted and len(file.lifted) >= ENTRIES_MAX:
        return Refuse("row_full", "the customer has more lifted limits than a row may hold")
    lifted = {**file.lifted, data.limit_id: data.at}
    work.set(compliance=file.model_copy(update={"lifted": lifted}))
    return None


def _record_limit(work: Work, data: ContactLimited) -> Refuse | None:
    file = work.state.compliance
    limit = Limit.model_validate(
        data.model_dump(exclude={"customer_id", "limit_id", "by", "reason"})
    )
    known = file.limits.get(data.limit_id)
    if known is not None:
        return None if known == limit else Refuse("conflict", "limit_id: known with other content")
    if len(file.limits) >= ENTRIES_MAX:
        return Refuse("row_full", "the customer has more limits than a row may hold")
    limits = {**file.limits, data.limit_id: limit}
    work.set(compliance=file.model_copy(update={"limits": limits}))
    return None
