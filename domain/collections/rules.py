"""The three ways into collections: an event, a timer, a look. Pure: twice the same is equal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from domain.calendar import whole_ms
from domain.collections import (
    bereavement,
    chase,
    facts,
    sections,
    steps,
    thanks,
    timers,
    waiting,
    withdrawals,
)
from domain.collections.policy import CollectionsPolicy
from domain.collections.quiet import leaves_nothing_to_conclude
from domain.collections.state import CustomerState
from domain.collections.work import Work
from domain.debits import collecting
from domain.debits.planning import DEBIT_LOOK
from domain.effects import Effect, Refuse
from domain.events.base import Data, Envelope
from domain.events.outputs import LastLook
from domain.identity import digest
from domain.notices import sending
from domain.notices.sending import NOTICE_LOOK

Outcome = tuple[CustomerState, list[Effect]]
_EPOCH = dt.date(2020, 1, 1)


def apply(
    state: CustomerState | None,
    key: str,
    envelope: Envelope,
    data: Data,
    raw: Callable[[], str],
    policy: CollectionsPolicy,
    now: dt.datetime,
) -> Outcome:
    """Fold one event into the customer's row.

    `raw` gives the record as it came, opaque, for a dead letter later. The same object `state`
    comes back when nothing changed: a known (ce_source, ce_id), or a refusal.
    """
    before = state or CustomerState(customer_id=key)
    if getattr(data, "customer_id", key) != key:
        return before, [Refuse("key_mismatch", "the key is not the customer_id")]
    identity = digest(envelope.source, envelope.id, size=10)
    if identity in before.seen:
        return before, []
    work = Work(before, policy, whole_ms(now), envelope)
    refusal = facts.record(work, envelope.id, identity, data)
    if refusal is None and work.state is not before:
        refusal = waiting.keep_if_early(work, envelope.id, identity, data, raw)
    if refusal is not None:
        return before, [refusal]
    _remember(work, identity)
    if leaves_nothing_to_conclude(before, work):
        return work.state, work.effects
    return conclude(work)


def fire(
    state: CustomerState,
    timer_name: str,
    due: dt.datetime,
    policy: CollectionsPolicy,
    now: dt.datetime,
) -> Outcome:
    """A timer of the row fell due. One that the row no longer names changes nothing."""
    if timer_name not in state.timers or whole_ms(due) < whole_ms(state.timers[timer_name]):
        return state, []
    return conclude(Work(state, policy, max(whole_ms(now), whole_ms(due))))


def look(
    state: CustomerState,
    ref: str,
    last_look: tuple[LastLook, ...],
    policy: CollectionsPolicy,
    now: dt.datetime,
) -> Outcome:
    """The log has been read to the end it had when the reminder `ref` fell due: decide it."""
    work = Work(state, policy, whole_ms(now))
    if ref.startswith(NOTICE_LOOK):
        sending.decide(work, ref, last_look)
    elif ref.startswith(DEBIT_LOOK):
        collecting.decide(work, ref, last_look)
    else:
        steps.decide(work, ref, last_look)
    return conclude(work)


def conclude(work: Work) -> Outcome:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    waiting.sort_out(work)
    timers.settle_due(work)
    work.facts_changed()
    sections.reflect(work)
    sections.agree(work)
    chase.follow_debts(work)
    bereavement.open_case(work)
    withdrawals.withdraw(work)
    thanks.weigh_payments(work)
    thanks.say_thanks(work)
    steps.advance(work)
    sections.follow(work)
    timers.set_timers(work)
    return work.state, work.effects


def _remember(work: Work, identity: str) -> None:
    """Note the event as seen today; forget those seen long ago, once a day."""
    today = (work.now.date() - _EPOCH).days
    seen = work.state.seen
    if work.state.seen_pruned != today or len(seen) >= work.policy.limits.seen_max:
        oldest = today - work.policy.limits.seen_days
        newest = list(seen.items())[-work.policy.limits.seen_max :]
        seen = {name: day for name, day in newest if day >= oldest}
    work.set(seen={**seen, identity: today}, seen_pruned=today)
