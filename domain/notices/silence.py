"""A gateway that accepts and never confirms: silence counts where receipts were promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.state import Message
from domain.collections.work import Work
from domain.events.customers import Interaction

#: What our dispatchers call themselves; their word is that a gateway has taken the message.
_DISPATCHERS = "dunnock/dispatcher-"


def is_acceptance(work: Work, receipt: Interaction) -> bool:
    """Whether a gateway has only taken it, and its provider promises to say when it arrives."""
    cause, rules = work.cause, work.policy.delivery
    if not rules.receipts or cause is None or cause.type != "message.delivered.v1":
        return False
    is_ours = cause.source.startswith(_DISPATCHERS)
    return is_ours and any(row.channel == receipt.channel for row in rules.receipts)


def overdue(work: Work) -> tuple[Message, ...]:
    """Messages of which nothing was heard for longer than was promised."""
    if not work.policy.delivery.receipts:
        return ()
    return tuple(one for one, lost_at in _waiting(work) if lost_at <= work.now)


def moments(work: Work) -> Iterator[dt.datetime]:
    """When silence is taken for a loss."""
    if work.policy.delivery.receipts:
        yield from (lost_at for _, lost_at in _waiting(work))


def _waiting(work: Work) -> Iterator[tuple[Message, dt.datetime]]:
    for message in work.state.messages:
        if message.state == "requested":
            hours = work.policy.delivery.receipt_hours(message.channel)
            if hours is not None:
                yield message, message.at + dt.timedelta(hours=hours)
