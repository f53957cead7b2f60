"""Caps on messages to a person: what counts, and when the next one fits under it."""

from __future__ import annotations

import datetime as dt

from domain.collections.state import CustomerState, Message
from domain.compliance.rows import CapRule

#: What never left, or never arrived for certain, took nothing of anybody's time.
_NEVER_LEFT = frozenset({"withdrawn", "expired", "failed"})


def release(state: CustomerState, rule: CapRule, kind: str, now: dt.datetime) -> dt.datetime | None:
    """When the person may get one more under the cap, None if it does not stand in the way."""
    if len(state.messages) < rule.at_most or kind in rule.exempt:
        return None
    period, left = dt.timedelta(days=rule.days), rule.at_most
    for message in reversed(state.messages):  # the newest first
        if message.at <= now - period:
            return None
        if _counts(rule, message):
            left -= 1
            if not left:
                return message.at + period
    return None


def _counts(rule: CapRule, message: Message) -> bool:
    if message.state in _NEVER_LEFT or message.kind in rule.exempt:
        return False
    return not rule.channels or message.channel in rule.channels
