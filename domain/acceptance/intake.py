"""Events of the topic `applications` folded over the row: submitted, amended, withdrawn."""

from __future__ import annotations

import datetime as dt

from pydantic_core import from_json, to_json

from domain.acceptance.documents import DEPTH_MAX, depth_of, explained, hash_of, merged
from domain.acceptance.flow import begin
from domain.acceptance.history import OwnHistory
from domain.acceptance.policy import AcceptancePolicy
from domain.acceptance.state import ApplicationState, Identity, Waiting
from domain.effects import Effect, Refuse, RefuseWaiting
from domain.events.applications import (
    ApplicationAmended,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from domain.events.base import Data, Envelope

Folded = tuple[ApplicationState | None, list[Effect]]

#: Contract: an event that waits for another is kept 30 days.
WAITING_FOR = dt.timedelta(days=30)
#: Contract: an identity is remembered at least 30 days.
IDENTITY_KEPT = dt.timedelta(days=31)
WAITING_MAX = 100
AMENDMENTS_MAX = 1000
WAITING_TIMER = "waiting"


def apply(
    state: ApplicationState | None,
    key: str,
    envelope: Envelope,
    data: Data,
    raw: str,
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None = None,
) -> Folded:
    """Fold one event. `raw` is the record as text, kept while the event has to wait.

    `own` is what this partition's `customer_history` knows of the customer `key`, if anything. A
    refused event leaves the row as it was.
    """
    identity = Identity(source=envelope.source, id=envelope.id, at=now)
    withdrawn_at: dt.datetime | None = None
    if state is not None and _known(state, identity):
        return state, []
    if isinstance(data, ApplicationSubmitted):
        return _submitted(state, key, identity, data, policy, now, own)
    if isinstance(data, ApplicationAmended):
        patch: str | None = to_json(data.model_extra or {}).decode()
        if depth_of(data.model_extra) > DEPTH_MAX:
            return state, [Refuse("invalid", f"nested deeper than {DEPTH_MAX}")]
    elif isinstance(data, ApplicationWithdrawn):
        patch, withdrawn_at = None, data.withdrawn_at
    else:
        return state, [Refuse("unknown_type", "not an event of an application")]
    later = Waiting(identity=identity, key=key, raw=raw, patch=patch, withdrawn_at=withdrawn_at)
    if state is None or state.status == "waiting":
        return _wait(state, data.application_id, later)
    if key != state.key:
        return state, [Refuse("key_mismatch", "the key is not that of the submission")]
    return _follow(state, later, policy, now, own)


def fire(
    state: ApplicationState | None,
    timer_name: str,
    due: dt.datetime,
    policy: AcceptancePolicy,
    now: dt.datetime,
) -> Folded:
    """Give up what has waited 30 days for its submission. None: the row is to be deleted."""
    _ = due, policy
    if state is None or timer_name != WAITING_TIMER or state.status != "waiting":
        return state, []
    late = [one for one in state.waiting if one.identity.at + WAITING_FOR <= now]
    effects: list[Effect] = [
        RefuseWaiting(one.raw, "orphan", "no submission came within 30 days") for one in late
    ]
    kept = tuple(one for one in state.waiting if one not in late)
    return (_with_timer(state.changed(waiting=kept)) if kept else None), effects


def _submitted(
    state: ApplicationState | None,
    key: str,
    identity: Identity,
    data: ApplicationSubmitted,
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None,
) -> Folded:
    if key != (data.customer_id or data.application_id):
        return state, [Refuse("key_mismatch", "neither the customer_id nor, without one, the"
                              " application_id")]  # fmt: skip
    document = data.model_dump(mode="json", exclude_none=True)
    if depth_of(document) > DEPTH_MAX:
        return state, [Refuse("invalid", f"nested deeper than {DEPTH_MAX}")]
    content_hash = hash_of(document)
    if state is not None and state.status != "waiting":
        if content_hash == state.content_hash:
            return _remember(state, identity), []
        return state, [Refuse("conflict", "this application_id has other content")]
    waiting = state.waiting if state is not None else ()
    fresh = ApplicationState(
        application_id=data.application_id,
        key=key,
        status="checking",
        customer_id=data.customer_id,
        document=document,
        content_hash=content_hash,
        revision=1,
        submitted_at=data.submitted_at,
        seen=(identity,),
    )
    return _catch_up(fresh, waiting, policy, now, own)


def _catch_up(
    state: ApplicationState,
    waiting: tuple[Waiting, ...],
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None,
) -> Folded:
    """Merge what came before the submission, then start once, with the result."""
    effects: list[Effect] = []
    for one in waiting:
        if one.key != state.key:
            detail = "the key is not that of the submission"
            effects.append(RefuseWaiting(one.raw, "key_mismatch", detail))
            continue
        try:
            state = _merge(state, one)
        except ValueError as error:
            effects.append(RefuseWaiting(one.raw, "invalid", explained(error)))
    if state.status == "withdrawn":
        return state, effects
    state, begun = begin(state, policy, now, own)
    return state, [*effects, *begun]


def _follow(
    state: ApplicationState,
    event: Waiting,
    policy: AcceptancePolicy,
    now: dt.datetime,
    own: OwnHistory | None,
) -> Folded:
    if state.revision > AMENDMENTS_MAX:
        return state, [Refuse("limit", f"more than {AMENDMENTS_MAX} amendments")]
    try:
        after = _merge(state, event)
    except ValueError as error:
        return state, [Refuse("invalid", explained(error))]
    if after.status == "withdrawn" or event.patch is None:
        return after, []
    return begin(after, policy, now, own)


def _merge(state: ApplicationState, event: Waiting) -> ApplicationState:
    """The state with the event in it, its revision not yet begun. ValueError: not valid."""
    state = _remember(state, event.identity)
    if event.patch is None:
        return state.changed(status="withdrawn", withdrawn_at=event.withdrawn_at)
    document = merged(state.document, from_json(event.patch))
    after = ApplicationSubmitted.model_validate_json(to_json(document), strict=True)
    return state.changed(
        document=after.model_dump(mode="json", exclude_none=True),
        customer_id=after.customer_id,
        revision=state.revision + 1,
    )


def _wait(state: ApplicationState | None, application_id: str, event: Waiting) -> Folded:
    if state is None:
        state = ApplicationState(application_id=application_id, key=event.key, status="waiting")
    if len(state.waiting) >= WAITING_MAX:
        return state, [Refuse("limit", f"{WAITING_MAX} events already wait for this submission")]
    return _with_timer(state.changed(waiting=(*state.waiting, event))), []


def _with_timer(state: ApplicationState) -> ApplicationState:
    oldest = min(one.identity.at for one in state.waiting)
    return state.changed(timers={WAITING_TIMER: oldest + WAITING_FOR})


def _known(state: ApplicationState, identity: Identity) -> bool:
    name = (identity.source, identity.id)
    waiting = (one.identity for one in state.waiting)
    return any((one.source, one.id) == name for one in (*state.seen, *waiting))


def _remember(state: ApplicationState, identity: Identity) -> ApplicationState:
    kept = tuple(one for one in state.seen if one.at + IDENTITY_KEPT > identity.at)
    return state.changed(seen=(*kept, identity))
