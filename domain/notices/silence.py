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
    rules = work.policy.delivery
    if not rules.receipts or not is_our_own_word(work):
        return False
    return any(row.channel == receipt.channel for row in rules.receipts)


def is_our_own_word(work: Work) -> bool:
    """Whether it is our dispatcher that says "delivered": a gateway has taken it, no more."""
    cause = work.cause
    if cause is None or cause.type != "message.delivered.v1":
        return False
    return cause.source.startswith(_DISPATCHERS)


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
