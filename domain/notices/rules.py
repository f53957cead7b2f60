"""Sends the notices that are owed, when and how the gate allows, and keeps what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import Action, LinkRequested
from domain.notices import answers, arriving, retrying, sending, silence
from domain.notices.owing import owe
from domain.notices.state import Notice


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """A new payment link is ours to send; what other actions call for is owed by their parts."""
    if isinstance(data, LinkRequested):
        if len(work.state.notices.owed) >= work.policy.limits.notices_max:
            return Refuse("row_full", "the customer is owed more notices than a row may hold")
        notice = Notice(
            kind="new_link",
            purpose="service",
            owed_at=work.now,
            due=work.now,
            caused_by=ce_id,
            currency=data.currency,
            asks_for_money=True,
            at_once=True,
        )
        owe(work, f"link|{data.message_id}", notice)
    return None


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    answers.owe_answers(work)
    notices = work.state.notices
    if notices.sent:
        arriving.take_as_delivered(work)
    if notices.owed:
        if work.cause is not None and work.cause.type == "customer.updated.v1":
            retrying.forget_old(work)
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
