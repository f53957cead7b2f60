"""`/api/v1/rule-sets`: read, write, check, approve and put live.

The API key writes as `api`, and may be anybody: it decides on nothing (connectors/postgres).
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from api.problems import Problem
from api.rule_sets.desk import Actor, Desk
from api.rule_sets.present import all_in_force, known
from api.rule_sets.refusals import problem_of
from api.rule_sets.views import draft_view, in_force_view, version_view
from api.security.access import machine, staff_of
from api.services import Json, Services, services
from connectors.postgres import rule_sets as rows
from connectors.postgres.rule_set_outbox import Outbox
from connectors.postgres.rule_sets import Refused, StoredVersion
from domain.drafts import Unreadable, read

_ROOT = "/api/v1/rule-sets"
#: Ids are bigint; the number of a version is an integer, and one beyond it is no failure of ours.
_DIGITS_MAX = {"draft": 18, "version": 9}
_TEXT_CHARACTERS_MAX = 2000
Acting = Callable[[web.Request, Desk, Actor, str], Awaitable[web.StreamResponse]]
routes = web.RouteTableDef()


def desk_of(wanted: Services) -> Desk:
    """What people do with rule sets, on this process's database."""
    return Desk(wanted.pool, wanted.counting)


async def actor_of(request: web.Request) -> Actor:
    """Who asks, as the guard found out, and the business time."""
    user = await staff_of(request)
    if user is None:
        raise Problem(401, "unauthorized", "Log in.")
    return Actor(user.name, await services(request).now())


def number_of(request: web.Request, name: str) -> int:
    """A number of the path. Raises Problem 404 for anything else."""
    text = request.match_info[name]
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX[name]:
        raise Problem(404, "not-found", "There is no such version.")
    return int(text)


def _answer(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def body_of(request: web.Request) -> Json:
    """A JSON object, or nothing at all. Raises Problem 400."""
    raw = await request.read()
    try:
        found = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Problem(400, "bad-request", "Send a JSON object.")
    return found


def _text(body: Json, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > _TEXT_CHARACTERS_MAX or "\0" in value:
        raise Problem(400, "bad-request", f"{name} is a text of {_TEXT_CHARACTERS_MAX} characters.")
    return value


def _document(body: Json) -> Json:
    """`document` as an object, or `text` as TOML or JSON."""
    wanted = body.get("document", body.get("text"))
    if isinstance(wanted, dict):
        wanted = orjson.dumps(wanted).decode()
    if not isinstance(wanted, str):
        raise Problem(400, "bad-request", "Send `document`, or `text` as TOML or JSON.")
    try:
        return read(wanted)
    except Unreadable as error:
        raise Problem(422, "unreadable", f"{error}.") from None


def _acts(handler: Acting) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """For those who may publish; refusals are told with who and when."""

    @machine("publishing")
    @functools.wraps(handler)
    async def acted(request: web.Request) -> web.StreamResponse:
        rule_set = known(request.match_info["id"])
        try:
            desk, actor = desk_of(services(request)), await actor_of(request)
            return await handler(request, desk, actor, rule_set)
        except Refused as refused:
            raise problem_of(refused) from None

    return acted


async def _draft(request: web.Request, one: StoredVersion, status: int = 200) -> web.Response:
    pool = services(request).pool
    base = (await all_in_force(pool))[one.rule_set]
    return _answer(draft_view(one, base, await rows.approvals(pool, one.version_id)), status)


@routes.get(_ROOT)
@machine("rules")
async def show_all(request: web.Request) -> web.Response:
    pool = services(request).pool
    waiting = [one.rule_set for one in await rows.open_versions(pool)]
    places = await Outbox(pool).places()
    views = [
        in_force_view(one, waiting.count(name), reaching=(name, one.version) in places)
        for name, one in (await all_in_force(pool)).items()
    ]
    return _answer({"rule_sets": views})


@routes.get(_ROOT + "/{id}")
@machine("rules")
async def show(request: web.Request) -> web.Response:
    pool, name = services(request).pool, known(request.match_info["id"])
    one = (await all_in_force(pool))[name]
    waiting = [open_one for open_one in await rows.open_versions(pool) if open_one.rule_set == name]
    reaching = (name, one.version) in await Outbox(pool).places()
    view = in_force_view(one, len(waiting), reaching=reaching)
    drafts = [version_view(open_one) for open_one in waiting]
    return _answer({**view, "document": one.body, "drafts": drafts})


@routes.get(_ROOT + "/{id}/versions")
@machine("rules")
async def show_versions(request: web.Request) -> web.Response:
    pool, name = services(request).pool, known(request.match_info["id"])
    return _answer({"versions": [version_view(one) for one in await rows.versions(pool, name)]})


@routes.get(_ROOT + "/{id}/history")
@machine("rules")
async def show_history(request: web.Request) -> web.Response:
    pool, name = services(request).pool, known(request.match_info["id"])
    return _answer({"history": await rows.history(pool, name)})


@routes.get(_ROOT + "/{id}/drafts/{draft}")
@machine("rules")
async def show_draft(request: web.Request) -> web.Response:
    desk = desk_of(services(request))
    one = await desk.version(known(request.match_info["id"]), number_of(request, "draft"))
    return await _draft(request, one)


@routes.post(_ROOT + "/{id}/drafts")
@_acts
async def begin(
    request: web.Request, desk: Desk, actor: Actor, rule_set: str
) -> web.StreamResponse:
    body = await body_of(request)
    made = await desk.begin(rule_set, _document(body), _text(body, "note"), actor)
    return await _draft(request, made, 201)


@routes.put(_ROOT + "/{id}/drafts/{draft}")
@_acts
async def save(request: web.Request, desk: Desk, actor: Actor, rule_set: str) -> web.StreamResponse:
    body, draft = await body_of(request), number_of(request, "draft")
    saved = await desk.save(rule_set, draft, _document(body), _text(body, "note"), actor)
    return await _draft(request, saved)


@routes.post(_ROOT + "/{id}/drafts/{draft}/{action:check|submit|approve|reject|publish|discard}")
@_acts
async def act(request: web.Request, desk: Desk, actor: Actor, rule_set: str) -> web.StreamResponse:
    body, draft = await body_of(request), number_of(request, "draft")
    confirmed = body.get("confirmed")
    match request.match_info["action"]:
        case "check":
            done = await desk.check(rule_set, draft, actor)
        case "submit":
            done = await desk.submit(
                rule_set,
                draft,
                actor,
                acknowledged=body.get("acknowledged") is True,
                confirmed=confirmed if type(confirmed) is int else None,
            )
        case "approve":
            done = await desk.decide(rule_set, draft, "approve", _text(body, "comment"), actor)
        case "reject":
            done = await desk.decide(rule_set, draft, "reject", _text(body, "comment"), actor)
        case "publish":
            done = await desk.publish(rule_set, draft, actor)
        case _:
            done = await desk.discard(rule_set, draft, actor)
    return await _draft(request, done)


@routes.post(_ROOT + "/{id}/rollback")
@_acts
async def roll_back(
    request: web.Request, desk: Desk, actor: Actor, rule_set: str
) -> web.StreamResponse:
    body = await body_of(request)
    version = body.get("to")
    if type(version) is not int or not 1 <= version <= 10**9:
        raise Problem(400, "bad-request", "`to` is the number of a version that was in force.")
    done = await desk.roll_back(rule_set, version, _text(body, "comment"), actor)
    return await _draft(request, done)
