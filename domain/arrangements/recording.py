"""Puts actions into the row as facts, each once for ever by its own id."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from domain.arrangements import limits
from domain.arrangements.state import Arrangements, Closing, Hardship, Plan, Promise
from domain.effects import Refuse
from domain.events.actions import (
    Action,
    DisputeAnswered,
    DisputeOpened,
    HardshipEnded,
    HardshipGranted,
    HoldLifted,
    HoldPlaced,
    PlanAgreed,
    PlanCancelled,
    PreferencesChanged,
    PromiseMade,
    PromiseWithdrawn,
)

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.work import Work

#: A row has a bound: nobody agrees on more than so many of a kind.
_EACH_MAX = 200


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    agreed = work.state.arrangements
    match data:
        case HoldPlaced(hold_id=key):
            return _add(work, "holds", key, data, agreed.holds.get(key))
        case DisputeOpened(dispute_id=key):
            return _add(work, "disputes", key, data, agreed.disputes.get(key))
        case PromiseMade(promise_id=key):
            known = agreed.promises.get(key)
            refusal = None if known else limits.promise(work, data)
            return refusal or _add(work, "promises", key, Promise(facts=data), known)
        case PlanAgreed(plan_id=key):
            plan = agreed.plans.get(key)
            refusal = None if plan else limits.plan(work, data)
            return refusal or _add(work, "plans", key, Plan(facts=data), plan)
        case HardshipGranted():
            return _grant(work, data)
        case PreferencesChanged():
            _prefer(work, ce_id, data)
        case _:
            return _close(work, data)
    return None


def _put(work: Work, **changes: Any) -> None:
    work.set(arrangements=work.state.arrangements.model_copy(update=changes))


def _add(work: Work, field: str, key: str, new: Any, known: Any) -> Refuse | None:
    """The same content again changes nothing; other content is refused."""
    if known is not None:
        before, after = getattr(known, "facts", known), getattr(new, "facts", new)
        return None if before == after else Refuse("conflict", f"{field}: known with other content")
    kept: dict[str, Any] = getattr(work.state.arrangements, field)
    if len(kept) >= _EACH_MAX:
        return Refuse("row_full", f"the customer has {_EACH_MAX} {field} already")
    _put(work, **{field: {**kept, key: new}})
    return None


def _grant(work: Work, data: HardshipGranted) -> Refuse | None:
    """Its end as it was said: `resolve_ends` gives it that of the rule where nothing was."""
    granted = Hardship(
        kind=data.kind,
        begins=data.from_,
        until=data.until,
        at=data.at,
        by=data.by,
        reason=data.reason,
    )
    known = work.state.arrangements.hardships.get(data.hardship_id)
    if known is not None:
        granted = granted.model_copy(update={"rule_until": known.rule_until})
    return _add(work, "hardships", data.hardship_id, granted, known)


def _prefer(work: Work, ce_id: str, data: PreferencesChanged) -> None:
    """The newest by (at, ce_id) counts, as a whole."""
    agreed = work.state.arrangements
    known = agreed.preferences
    if known is None or (known.at, agreed.preferences_ce_id) < (data.at, ce_id):
        _put(work, preferences=data, preferences_ce_id=ce_id)


def _close(work: Work, data: Action) -> Refuse | None:
    closing, agreed = Closing(at=data.at, by=data.by), work.state.arrangements
    match data:
        case HoldLifted(hold_id=key):
            return _end(work, f"hold|{key}", closing, is_known=key in agreed.holds)
        case PromiseWithdrawn(promise_id=key):
            return _end(work, f"promise|{key}", closing, is_known=key in agreed.promises)
        case PlanCancelled(plan_id=key):
            return _end(work, f"plan|{key}", closing, is_known=key in agreed.plans)
        case HardshipEnded(hardship_id=key, ended_on=day):
            closing = closing.model_copy(update={"ended_on": day})
            return _end(work, f"hardship|{key}", closing, is_known=key in agreed.hardships)
        case DisputeAnswered(dispute_id=key, upheld=upheld):
            closing = closing.model_copy(update={"upheld": upheld})
            return _end(work, f"dispute|{key}", closing, is_known=key in agreed.disputes)
        case _:
            return None  # another part's


def _end(work: Work, name: str, closing: Closing, *, is_known: bool) -> Refuse | None:
    """The newest answer to a dispute counts; of other endings the earliest.

    What ends something that is known is always taken; so many may come before what they end.
    """
    agreed: Arrangements = work.state.arrangements
    known = agreed.closings.get(name)
    if known is not None and closing.upheld is not None:
        counts = known.at < closing.at
    else:
        counts = known is None or _rank(closing) < _rank(known)
    if known is None and not is_known and len(agreed.closings) >= 5 * _EACH_MAX:
        return Refuse("row_full", "more has been ended for the customer than was ever begun")
    if counts:
        _put(work, closings={**agreed.closings, name: closing})
    return None


def _rank(closing: Closing) -> tuple[dt.date, dt.datetime]:
    return closing.ended_on or dt.date.min, closing.at
