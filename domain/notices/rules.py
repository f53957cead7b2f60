"""Sends the notices that are owed, when and how the gate allows, and keeps what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import Action
from domain.notices import arriving, sending, silence


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """No action is the notices' own: other parts owe what an action calls for."""
    del work, ce_id, data
    return None


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    notices = work.state.notices
    if notices.sent:
        arriving.take_as_delivered(work)
    if notices.owed:
        sending.advance(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Instants at which `conclude` has something to do without an event."""
    notices = work.state.notices
    if not notices.owed and not notices.sent and not work.policy.delivery.receipts:
        return
    moments = [one.due for one in notices.owed.values() if one.status == "waiting"]
    moments += [one.until for one in notices.owed.values() if one.until is not None]
    moments += arriving.moments(work)
    moments += silence.moments(work)
    if moments:
        yield "notices|next", min(moments)
