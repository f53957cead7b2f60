"""What comes back: receipts of messages, opt-outs, calls and conversations."""

from __future__ import annotations

from typing import Any, get_args

from domain.collections.state import Contacted, Message, MessageState, Slot, Thanks
from domain.collections.work import Work
from domain.compliance import rules as compliance
from domain.events.base import Channel
from domain.events.customers import Interaction
from domain.notices import addresses, arriving, silence

_CHANNELS = frozenset(get_args(Channel))
_STATES: dict[str, MessageState] = {
    "message.delivered.v1": "delivered",
    "message.opened.v1": "delivered",
    "link.clicked.v1": "delivered",
    "message.failed.v1": "failed",
}
#: A message that failed, or of which nobody knows, is taken over by the next channel; one that
#: expired is tried again at the next opening.
_OUTCOMES_LOST = frozenset({"failed", "unknown", "expired"})


def record_interaction(work: Work, data: Interaction) -> None:
    """Add an interaction to the row, and let the next channel take over a lost message."""
    if work.cause is None:
        raise ValueError("an interaction comes with an envelope")
    kind = work.cause.type
    kept = work.state.contacts[-work.policy.limits.contacts_max + 1 :]
    seen = Contacted(type=kind, channel=data.channel, at=data.at)
    work.set(contacts=(*kept, seen))
    compliance.record_interaction(work, kind, data)
    if kind == "contact.opted-out.v1" and data.channel in _CHANNELS:
        at = max(data.at, work.state.opt_outs.get(data.channel, data.at))
        work.set(opt_outs={**work.state.opt_outs, data.channel: at})
    elif silence.is_acceptance(work, data):
        return
    elif kind in _STATES and data.message_id is not None:
        outcome = _STATES[kind]
        if outcome == "failed":
            outcome = _how_lost(data.detail)
        _record_outcome(work, data, data.message_id, outcome)


def _how_lost(detail: Any) -> MessageState:
    """What the dispatcher says: `unknown` to everybody, `expired` before it left, else `failed`."""
    said = detail.get("state") if isinstance(detail, dict) else detail
    if said == "unknown":
        return "unknown"
    return "expired" if said == "expired" else "failed"


def _record_outcome(work: Work, data: Interaction, message_id: str, outcome: MessageState) -> None:
    for message in work.state.messages:
        if message.message_id == message_id:
            break
    else:
        return
    if outcome == "delivered":
        arriving.arrived(work, message, data)
    was_lost = message.state in _OUTCOMES_LOST
    if message.state == outcome or (message.state == "delivered" and outcome == "unknown"):
        return
    if outcome == "failed":
        addresses.mark(work, message, data.detail)
    _put(work, message, outcome)
    if outcome in _OUTCOMES_LOST and not was_lost and message.state != "withdrawn":
        _take_over(work, message)


def take_silence_as_lost(work: Work) -> None:
    """Messages whose promised receipt has not come: the next channel takes over."""
    for message in silence.overdue(work):
        _put(work, message, "unknown")
        _take_over(work, message)


def _put(work: Work, message: Message, outcome: MessageState) -> None:
    changed = message.model_copy(update={"state": outcome})
    work.set(messages=tuple(changed if m is message else m for m in work.state.messages))


def _take_over(work: Work, lost: Message) -> None:
    """Put the message on its way once more, over a channel not tried for it."""
    if lost.notice is not None:
        arriving.owe_again(work, lost, _tried(work, lost))
        return
    if lost.kind == "thank_you" and lost.payment_id is not None:
        tried = _tried(work, lost)
        thanks = Thanks(owed_at=work.now, caused_by=lost.caused_by, due=work.now, tried=tried)
        work.set(thanks={**work.state.thanks, lost.payment_id: thanks})
        return
    chase = work.state.chases.get(lost.currency)
    if chase is None or chase.sequence != lost.sequence or lost.step is None:
        return
    sent = (m.step or 0 for m in work.state.messages if m.sequence == chase.sequence)
    if lost.step == max(sent, default=0):  # a later step has taken its place otherwise
        slot = Slot(step=lost.step, planned=work.now, due=work.now, tried=_tried(work, lost))
        work.put_chase(lost.currency, chase.model_copy(update={"again": slot}))


def _tried(work: Work, lost: Message) -> tuple[Any, ...]:
    """Channels already used for this message, those aside in which it never left."""
    return tuple(
        message.channel
        for message in work.state.messages
        if message.state != "expired"
        and (message.kind, message.sequence, message.step, message.payment_id, message.notice)
        == (lost.kind, lost.sequence, lost.step, lost.payment_id, lost.notice)
    )
