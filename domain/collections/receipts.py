"""What comes back: receipts of messages, opt-outs, calls and conversations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from domain.collections.ledger import net_of
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
    if outcome == "delivered":
        _repeat_no_more(work, message)
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
    """Put the message on its way once more, over a channel not tried for it.

    Not if an earlier one of the same, taken for lost then, has arrived since.
    """
    if lost.notice is not None:
        arriving.owe_again(work, lost, _tried(work, lost))
        return
    if any(message.state == "delivered" for message in _same(work, lost)):
        return
    if lost.kind == "thank_you" and lost.payment_id is not None:
        _thank_again(work, lost, lost.payment_id)
        return
    chase = work.state.chases.get(lost.currency)
    if chase is None or chase.sequence != lost.sequence or lost.step is None:
        return
    sent = (m.step or 0 for m in work.state.messages if m.sequence == chase.sequence)
    if lost.step == max(sent, default=0):  # a later step has taken its place otherwise
        slot = Slot(step=lost.step, planned=work.now, due=work.now, tried=_tried(work, lost))
        work.put_chase(lost.currency, chase.model_copy(update={"again": slot}))


def _thank_again(work: Work, lost: Message, payment_id: str) -> None:
    """Owe the thank-you once more, unless its money has gone back; it may still be cancelled."""
    payment = work.state.payments.get(payment_id)
    if payment is None or not net_of(work.state, payment_id, payment):
        return
    tried = _tried(work, lost)
    thanks = Thanks(owed_at=work.now, caused_by=lost.caused_by, due=work.now, tried=tried)
    owed = payment.model_copy(update={"thanks": "owed"})
    work.set(
        thanks={**work.state.thanks, payment_id: thanks},
        payments={**work.state.payments, payment_id: owed},
    )


def _repeat_no_more(work: Work, arrived: Message) -> None:
    """What was taken for lost is there: its repetition, if it has not left yet, is pointless."""
    key = arrived.payment_id or ""
    payment = work.state.payments.get(key) if arrived.kind == "thank_you" else None
    if payment is not None and payment.thanks in {"owed", "cancelled"}:
        sent = payment.model_copy(update={"thanks": "sent"})
        kept = {name: owed for name, owed in work.state.thanks.items() if name != key}
        work.set(thanks=kept, payments={**work.state.payments, key: sent})
    chase = work.state.chases.get(arrived.currency)
    if chase is None or chase.again is None or arrived.sequence is None:
        return
    if (chase.sequence, chase.again.step) == (arrived.sequence, arrived.step):
        work.put_chase(arrived.currency, chase.model_copy(update={"again": None}))


def _tried(work: Work, lost: Message) -> tuple[Any, ...]:
    """Channels already used for this message, those aside in which it never left."""
    return tuple(message.channel for message in _same(work, lost) if message.state != "expired")


def _same(work: Work, lost: Message) -> Iterator[Message]:
    """The message, each time it went out."""
    return (message for message in work.state.messages if _about(message) == _about(lost))


def _about(message: Message) -> tuple[object, ...]:
    return message.kind, message.sequence, message.step, message.payment_id, message.notice
