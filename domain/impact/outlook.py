"""One customer's next days under a policy, played without anything leaving the house."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from domain.collections import rules as collections
from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.effects import Effect, Publish, RequestLook
from domain.events.outputs import MessageRequested
from domain.fees.evaluation import evaluate
from domain.impact.limits import ImpactLimits

When = Literal["now", "later", "not"]
#: The name of the timer that lets the rules draw their conclusions once more.
_WAKE = "impact"
#: These answer what the customer did: they are no contact that we begin.
_ANSWERS = frozenset({"thank_you", "receipt"})


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether we would write to the customer, how often, and the fee status."""

    contacted: When
    messages: int
    fee_status: str


def outlook(
    state: CustomerState, policy: CollectionsPolicy, now: dt.datetime, limits: ImpactLimits
) -> Outlook:
    """Let the clock of a copy of the row run to the horizon. Raises what the rules raise.

    What is open is taken as if it had just come, for a sequence that runs goes on whatever becomes
    of the rules: only a beginning shows whom they let us write to.
    """
    end = now + dt.timedelta(days=limits.horizon_days)
    anew = {"chases": {}, "reminded": {}, "timers": {**state.timers, _WAKE: now}}
    row = state.model_copy(update=anew)
    name, due, clock = _WAKE, now, now
    first: dt.datetime | None = None
    messages = 0
    for _ in range(limits.steps_max):
        clock = max(clock, due)
        row, effects = collections.fire(row, name, due, policy, clock)
        row, all_effects = _looked(row, effects, policy, clock)
        sent = sum(_is_contact(one) for one in all_effects)
        messages += sent
        first = clock if sent and first is None else first
        following = min(row.timers.items(), key=lambda timer: (timer[1], timer[0]), default=None)
        if following is None or following[1] > end:
            break
        name, due = following
    fee_state, _ = evaluate(None, state, policy, now)
    when: When = "not" if first is None else "now" if first == now else "later"
    return Outlook(when, messages, fee_state.status if fee_state is not None else "")


def _looked(
    row: CustomerState, effects: list[Effect], policy: CollectionsPolicy, now: dt.datetime
) -> tuple[CustomerState, list[Effect]]:
    """Every look that is asked for is decided at once: nothing else happens in this play."""
    done = list(effects)
    looks = [one.ref for one in effects if isinstance(one, RequestLook)]
    for ref in looks:
        row, more = collections.look(row, ref, (), policy, now)
        done += more
    return row, done


def _is_contact(effect: Effect) -> bool:
    return (
        isinstance(effect, Publish)
        and isinstance(effect.data, MessageRequested)
        and effect.data.kind not in _ANSWERS
    )
