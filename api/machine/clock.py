"""`/api/v1/clock`: read the time; move it where it is simulated."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from api.machine.advance import Lagging, instant_text
from api.machine.durations import parse_duration
from api.problems import Problem, unavailable
from api.security.access import machine
from api.services import Clock, services

_BODY_BYTES_MAX = 1024
routes = web.RouteTableDef()


@routes.get("/api/v1/clock")
@machine("start")
async def show(request: web.Request) -> web.Response:
    return web.json_response({"now": instant_text(await services(request).now())})


@routes.post("/api/v1/clock")
@machine("clock")
async def move(request: web.Request) -> web.Response:
    clock = services(request).clock
    if clock is None:
        raise Problem(409, "real-clock", "This installation runs on the real clock.")
    wish = _wish_of(await request.content.read(_BODY_BYTES_MAX + 1))
    async with clock.row.exclusive():
        now = await _advance(clock, wish)
    return web.json_response({"now": instant_text(now)})


async def _advance(clock: Clock, wish: timedelta | datetime) -> datetime:
    now = await clock.row.now()
    try:
        target = wish if isinstance(wish, datetime) else now + wish
    except OverflowError:
        raise _nonsense("The clock ends with the year 9999.") from None
    if target < now:
        raise Problem(409, "clock-goes-back", f"It is {instant_text(now)}; time never goes back.")
    try:
        return await clock.advance.to(target)
    except Lagging as lag:
        raise unavailable(f"The workers lag: {lag}. The clock stays on its way.") from lag


def _nonsense(detail: str) -> Problem:
    return Problem(400, "bad-clock", detail)


def _wish_of(body: bytes) -> timedelta | datetime:
    """Exactly one of `advance` and `to`, cut to whole milliseconds."""
    try:
        document: Any = json.loads(body) if len(body) <= _BODY_BYTES_MAX else None
    except ValueError:
        document = None
    if not isinstance(document, dict) or len(document.keys() & {"advance", "to"}) != 1:
        raise _nonsense('Send {"advance": "PT24H"} or {"to": "2026-06-02T09:00:00Z"}.')
    text = document.get("advance", document.get("to"))
    if not isinstance(text, str):
        raise _nonsense("Durations and times are strings.")
    try:
        return parse_duration(text) if "advance" in document else _instant(text)
    except (ValueError, OverflowError) as error:
        raise _nonsense(f"{error}.") from None


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text) if "T" in text.upper() else None
    if found is None or found.tzinfo is None:
        raise ValueError("a time is RFC 3339 with an offset")
    utc = found.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
