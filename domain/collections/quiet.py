"""Events after which there is nothing to conclude: most receipts, and those are many.

A third of all events at full load say that a message arrived or was clicked on. When that is all
that changed, conclusions drawn before still hold: whoever looks at a message's state takes one that
was asked for and one that arrived for the same, and time has timers.
"""

from __future__ import annotations

from domain.collections.state import CustomerState
from domain.collections.work import Work

_RECEIPTS = frozenset({"message.delivered.v1", "message.opened.v1", "link.clicked.v1"})
#: What such an event puts into the row.
_WRITTEN = frozenset({"contacts", "messages", "seen", "seen_pruned"})


def leaves_nothing_to_conclude(before: CustomerState, work: Work) -> bool:
    """Whether the event being applied only noted that a message arrived, and nothing waits.

    What is held is tried again at every event, so a row that holds something is never quiet; nor
    is any where silence counts for a loss, for there a receipt ends a timer.
    """
    cause = work.cause
    if cause is None or cause.type not in _RECEIPTS or work.effects:
        return False
    if work.policy.delivery.receipts or _waits_for_any_event(before):
        return False
    if any(at <= work.now for at in before.timers.values()):
        return False
    was, now = before.__dict__, work.state.__dict__
    return all(now[name] is was[name] for name in now if name not in _WRITTEN) and all(
        one is other or one.state == "requested"  # what was taken for lost or taken back is news
        for one, other in zip(before.messages, work.state.messages, strict=True)
    )


def _waits_for_any_event(state: CustomerState) -> bool:
    if state.profile is None or state.waiting or state.thanks or state.notices.owed:
        return True
    if state.debits.collections:
        return True  # rules that went live since may still take a debit back from the bank
    slots = (slot for one in state.chases.values() for slot in (one.step, one.again))
    return any(slot is not None and slot.status == "held" for slot in slots)
