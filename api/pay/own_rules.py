"""`/pay/{token}/preferences`: the customer's own reminder rules; and the page after any form."""

from __future__ import annotations

import asyncio
from datetime import time
from typing import Any

from aiohttp import web

from api.pay.fields import Slip, kept_of, time_of
from api.pay.telling import tell
from api.pay.visit import Visit, opened
from api.rule_sets.present import policy_in_force
from api.security.access import form_of
from api.services import Json
from domain.arrangements.preferences import preferences
from domain.collections.channels import address_of
from domain.collections.policy import CollectionsPolicy
from domain.events.base import Channel

_CHANNELS: tuple[Channel, ...] = ("sms", "push", "email", "letter")
_DAYS_BEFORE = ("", "1", "3", "5", "7", "14")
#: Of the hours in which messages may leave, at least so many must be left.
_OPEN_HOURS_MIN = 2
_PATIENCE_S = (0.1, 0.2, 0.3, 0.4)
routes = web.RouteTableDef()
_DONE = frozenset({"promise", "pause", "dispute", "preferences"})


def _reachable(visit: Visit) -> list[Channel]:
    """Channels for which we have an address: no other one may be chosen."""
    if visit.state is None or visit.state.profile is None:
        return []
    contact = visit.state.profile.facts.contact
    return [one for one in _CHANNELS if address_of(contact, one)]


def _as_set(visit: Visit, policy: CollectionsPolicy) -> dict[str, str]:
    """The form filled in with what is in force."""
    if visit.state is None or visit.state.profile is None:
        return {}
    own, profile = preferences(visit.state), visit.state.profile.facts.preferences
    order = own.channels or (profile.channels if profile else ()) or policy.default_channels
    quiet = own.quiet_hours or (profile.quiet_hours if profile else None)
    order = tuple(one for one in order if one in _reachable(visit))
    found: dict[str, str] = {f"channel_{n}": one for n, one in enumerate(order, start=1)}
    if quiet is not None:
        found |= {"quiet_from": quiet.from_, "quiet_to": quiet.to}
    if own.days_before_due is not None:
        found["days_before"] = str(own.days_before_due)
    return found


def _show(
    visit: Visit,
    kept: dict[str, str],
    *,
    status: int = 200,
    error: str = "",
    at_field: str = "",
) -> web.Response:
    return visit.page(
        "pay_rules.html",
        status=status,
        error=error,
        at_field=at_field,
        kept=kept,
        channels=_reachable(visit),
        days_before=_DAYS_BEFORE,
    )


@routes.get("/pay/{token}/preferences")
async def show(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    return _show(visit, _as_set(visit, await policy_in_force(visit.services.pool)))


@routes.post("/pay/{token}/preferences")
async def change(request: web.Request) -> web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    fields = await form_of(request)
    policy = await policy_in_force(visit.services.pool)
    try:
        content = _content(visit, fields, policy)
    except Slip as slip:
        said = visit.words(f"own.error.{slip.reason}", **slip.values)
        return _show(visit, kept_of(fields), status=422, error=said, at_field=slip.name)
    event_id = await tell(visit, "preferences.changed.v1", content, fields.get("nonce", ""))
    where = f"/pay/{visit.token}/done?what=preferences&id={event_id}"
    return web.Response(status=303, headers={"Location": where})


def _content(visit: Visit, fields: dict[str, str], policy: CollectionsPolicy) -> Json:
    """Raises Slip: for rules under which nobody could be reminded at all, too."""
    reachable = _reachable(visit)
    named = [fields.get(f"channel_{n}", "") for n in range(1, len(_CHANNELS) + 1)]
    order = list(dict.fromkeys(one for one in named if one in reachable))
    if not order:
        raise Slip("channel_1", "channel")
    content: Json = {"channels": order}
    starts, ends = time_of(fields, "quiet_from"), time_of(fields, "quiet_to")
    if (starts is None) != (ends is None):
        raise Slip("quiet_to" if ends is None else "quiet_from", "both_times")
    if starts is not None and ends is not None:
        numbers = policy.at(visit.now)
        if not _leaves_room(starts, ends, numbers.window_opens, numbers.window_closes):
            raise Slip("quiet_to", "quiet_hours", hours=_OPEN_HOURS_MIN)
        content["quiet_hours"] = {"from": starts, "to": ends}
    days = fields.get("days_before", "")
    if days not in _DAYS_BEFORE:
        raise Slip("days_before", "choice")
    if days:
        content["days_before_due"] = int(days)
    return content


def _leaves_room(starts: str, ends: str, opens: time, closes: time) -> bool:
    """Whether the quiet hours leave some of the window: counted by the quarter of an hour."""
    first, last = time.fromisoformat(starts), time.fromisoformat(ends)
    quarters = (time(n // 4, n % 4 * 15) for n in range(96))
    is_quiet: Any = (
        (lambda at: first <= at < last) if first <= last else (lambda at: at >= first or at < last)
    )
    return sum(opens <= at < closes and not is_quiet(at) for at in quarters) >= 4 * _OPEN_HOURS_MIN


@routes.get("/pay/{token}/done")
async def done(request: web.Request) -> web.Response:
    """It is on the log. A moment's patience, so that the customer sees it counted."""
    what, event_id = request.query.get("what", ""), request.query.get("id", "")[:64]
    visit = await opened(request)
    for wait_s in _PATIENCE_S:
        if not isinstance(visit, Visit) or _is_known(visit, event_id):
            break
        await asyncio.sleep(wait_s)
        visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    if what not in _DONE:
        raise web.HTTPNotFound
    return visit.page("pay_done.html", what=what, known=_is_known(visit, event_id))


def _is_known(visit: Visit, event_id: str) -> bool:
    if visit.state is None:
        return False
    agreed = visit.state.arrangements
    named = (agreed.promises, agreed.hardships, agreed.disputes)
    return any(event_id in ids for ids in named) or agreed.preferences_ce_id == event_id
