"""A reminder from falling due to its decision: waits, is looked at, is held, is deferred, goes out.

Nothing is dropped: what holds a step is recorded, and when a later event lifts it and the debt
still stands, the step goes on. Every step that goes out has first asked for a last look.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from domain.calendar import same_local_time
from domain.collections.chase import mark_case
from domain.collections.reminder import build_reminder
from domain.collections.state import Chase, Message, NotSent, Slot
from domain.collections.wording import Unwritable, is_wordless
from domain.collections.work import Work
from domain.compliance.gate import Verdict, Wish, ask
from domain.effects import Publish, RequestLook
from domain.events.outputs import LastLook

SlotName = Literal["step", "again"]
SLOTS: tuple[SlotName, ...] = ("step", "again")
_CASE_STATES = {1: "reminded_1", 2: "reminded_2", 3: "reminded_3"}


def slot_of(chase: Chase, name: SlotName) -> Slot | None:
    """The reminder in a slot of a currency's dunning."""
    return chase.step if name == "step" else chase.again


def advance(work: Work) -> None:
    """Move every reminder as far as it may go without a look."""
    for currency in sorted(work.state.chases):
        for name in SLOTS:
            chase = work.state.chases[currency]
            slot = slot_of(chase, name)
            if slot is None or slot.status == "looking" or _is_outrun(work, chase, name):
                continue
            if slot.status == "held" or slot.due <= work.now:
                _try(work, currency, name, slot)


def decide(work: Work, ref: str, last_look: tuple[LastLook, ...]) -> None:
    """The log has been read far enough: send the reminder, or hold or defer it."""
    currency, name, sequence, step = ref.split("|")
    chase = work.state.chases.get(currency)
    slot: SlotName = "again" if name == "again" else "step"
    present = slot_of(chase, slot) if chase else None
    if chase is None or present is None or present.status != "looking":
        return  # paid, restarted or held since: what ended it has been recorded
    if (chase.sequence, str(present.step)) != (sequence, step):
        return
    if _is_outrun(work, chase, slot):
        return
    granted = _may_go(work, currency, slot, present)
    if granted is not None:
        _send(work, currency, slot, granted, last_look)


def _is_outrun(work: Work, chase: Chase, name: SlotName) -> bool:
    """Whether a repetition has become pointless: the step after it is due. It waits no longer."""
    outrun = name == "again" and chase.step is not None and chase.step.planned <= work.now
    if outrun:
        currency = next(key for key, value in work.state.chases.items() if value is chase)
        _put(work, currency, "again", None)
    return outrun


def _try(work: Work, currency: str, name: SlotName, slot: Slot) -> None:
    granted = _may_go(work, currency, name, slot)
    if granted is not None:
        chase = work.state.chases[currency]
        if is_wordless(slot.because) and _written(work, currency, name, granted, ()) is None:
            return  # no template still: a look would change nothing
        work.effects.append(RequestLook(f"{currency}|{name}|{chase.sequence}|{slot.step}"))
        _put(work, currency, name, slot.model_copy(update={"status": "looking", "because": None}))


def _may_go(work: Work, currency: str, name: SlotName, slot: Slot) -> Verdict | None:
    """The gate's leave; None when the reminder is held or deferred, and why is recorded."""
    verdict = _ask(work, currency, slot)
    if verdict.action == "deny":
        _hold(work, currency, name, slot, verdict)
        return None
    if verdict.until is not None:
        _note(work, currency, slot, verdict)
        later = {"status": "waiting", "because": verdict.because, "due": verdict.until}
        _put(work, currency, name, slot.model_copy(update=later))
        return None
    return verdict


def _hold(work: Work, currency: str, name: SlotName, slot: Slot, verdict: Verdict) -> None:
    if (slot.status, slot.because) != ("held", verdict.because):
        _note(work, currency, slot, verdict)
        held = {"status": "held", "because": verdict.because}
        _put(work, currency, name, slot.model_copy(update=held))


def _written(
    work: Work, currency: str, name: SlotName, granted: Verdict, last_look: tuple[LastLook, ...]
) -> tuple[Publish, Message] | None:
    """The reminder; None when it can't be written, which holds it."""
    chase = work.state.chases[currency]
    slot = slot_of(chase, name)
    if slot is None:
        raise ValueError("only a reminder that is in its slot is sent")
    try:
        return build_reminder(work, currency, chase, slot, granted, last_look)
    except Unwritable as fault:
        _hold(work, currency, name, slot, Verdict("deny", str(fault), "words"))
        return None


def _ask(work: Work, currency: str, slot: Slot) -> Verdict:
    if currency in work.ledger.provisional:
        version = work.policy.contact.version
        return Verdict("deny", "provisional_payment", "provisional_payment", version)
    items = work.state.chases[currency].items
    wish = Wish(
        purpose="collection",
        kind="reminder",
        what=currency,
        currency=currency,
        invoice_ids=tuple(key for key in items if work.ledger.open.get(key)),
        tried=slot.tried,
    )
    return ask(work, wish)


def _note(work: Work, currency: str, slot: Slot, verdict: Verdict) -> None:
    work.note_not_sent(
        NotSent(
            at=work.now,
            because=verdict.because,
            currency=currency,
            step=slot.step,
            deferred_to=verdict.until,
            channel=verdict.channel,
            rule=verdict.rule or None,
            version=verdict.version,
        )
    )


def _put(work: Work, currency: str, name: SlotName, slot: Slot | None) -> None:
    chase = work.state.chases[currency]
    work.put_chase(currency, chase.model_copy(update={name: slot}))


def _send(
    work: Work, currency: str, name: SlotName, granted: Verdict, last_look: tuple[LastLook, ...]
) -> None:
    chase = work.state.chases[currency]
    slot = slot_of(chase, name)
    written = _written(work, currency, name, granted, last_look)
    if slot is None or written is None:
        return
    publish, message = written
    work.effects.append(publish)
    kept = work.state.messages[-work.policy.limits.messages_max + 1 :]
    before = work.state.reminded
    named = {key: max(slot.step, before.get(key, 0)) for key in message.invoice_ids}
    work.set(messages=(*kept, message), reminded={**before, **named})
    if name == "again":
        _put(work, currency, name, None)
        return
    first_sent_at = chase.first_sent_at or work.now
    sent = chase.model_copy(
        update={
            "first_sent_at": first_sent_at,
            "step": _next_slot(work, first_sent_at, slot),
            "again": None,
        }
    )
    state = _CASE_STATES.get(slot.step, "reminded")
    work.put_chase(currency, mark_case(work, sent, state, "reminder_requested"))


def _next_slot(work: Work, first_sent_at: dt.datetime, sent: Slot) -> Slot | None:
    """The step after `sent`: at the wall time of the first, counted in days from it.

    One that went out late pushes the next, so that the customer has the time between them.
    """
    numbers = work.policy.at(work.now)
    days, done = numbers.step_days, sent.step
    if done >= len(days) or work.state.profile is None:
        return None
    zone = work.state.profile.facts.timezone
    planned = same_local_time(first_sent_at, days[done], zone)
    if work.now - sent.planned > dt.timedelta(hours=numbers.late_hours):
        planned = max(planned, same_local_time(work.now, days[done] - days[done - 1], zone))
    return Slot(step=done + 1, planned=planned, due=planned)
