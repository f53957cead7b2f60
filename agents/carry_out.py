"""Carries out what a rule asked for: records to emit, timers to keep, looks to take, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from agents.local_names import LocalName
from domain.effects import Effect, Publish, Refuse, RefuseWaiting, RequestLook
from domain.events.outputs import CaseChanged, DecisionMade
from streams.codec import encode, unpack
from streams.core.logic import Context, Timer
from streams.core.records import Record


def sync_timers(
    ctx: Context,
    part: str,
    key: str,
    before: Mapping[str, datetime],
    after: Mapping[str, datetime],
) -> None:
    """Make the partition's timers those that the row names: set the new, cancel the gone."""
    for name, due in before.items():
        if after.get(name) != due:
            ctx.cancel_timer(Timer(str(LocalName(part, key, name)), due))
    for name, due in after.items():
        if before.get(name) != due:
            ctx.set_timer(Timer(str(LocalName(part, key, name)), due))


def carry_out(
    effects: Sequence[Effect], ctx: Context, part: str, key: str, record: Record | None
) -> None:
    """Do what `effects` say. `record` is the event at hand, absent for timers and looks."""
    for effect in effects:
        match effect:
            case Publish():
                _publish(effect, ctx)
            case RequestLook(ref):
                ctx.request_look(str(LocalName(part, key, ref)))
            case Refuse(reason, detail):
                if record is None:
                    raise TypeError(f"a timer or look of {part} refused an event: {reason}")
                ctx.dead_letter(record, reason, detail)
            case RefuseWaiting(raw, reason, detail):
                ctx.dead_letter(unpack(raw), reason, detail)


def _publish(effect: Publish, ctx: Context) -> None:
    """Emit, and keep the live row of what analysts ask for by id."""
    output = encode(effect, ctx.now)
    ctx.emit(output)
    if output.value is None:
        return
    match effect.data:
        case DecisionMade(decision_id=decision_id):
            ctx.put("decisions", decision_id, output.value)
        case CaseChanged(case_id=case_id):
            ctx.put("cases", case_id, output.value)
