"""Caps on messages to a person: what counts, and when the next one fits under it."""

from __future__ import annotations

import datetime as dt

from domain.collections.state import CustomerState, Message
from domain.compliance.rows import CapRule

#: What never left took nothing of anybody's time.
_NEVER_LEFT = frozenset({"withdrawn", "expired"})


def release(state: CustomerState, rule: CapRule, kind: str) -> dt.datetime | None:
    """When the person may get one more under the cap, None if it does not stand in the way."""
    if len(state.messages) < rule.at_most or kind in rule.exempt:
        return None
    sent = sorted(message.at for message in state.messages if _counts(rule, message))
    if len(sent) < rule.at_most:
        return None
    return sent[-rule.at_most] + dt.timedelta(days=rule.days)


def _counts(rule: CapRule, message: Message) -> bool:
    if message.state in _NEVER_LEFT or message.kind in rule.exempt:
        return False
    return not rule.channels or message.channel in rule.channels
