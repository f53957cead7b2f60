"""Rule sets for people: which there are, what each says, since when, and what happened to it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.machine.rule_sets import actor_of, desk_of, number_of
from api.pages.rendering import language_of, render
from api.pages.rule_specials import special_of
from api.pages.rule_words import answered, name_of
from api.rule_sets.blocks import blocks, path_text
from api.rule_sets.numbers import dated_rows
from api.rule_sets.present import all_in_force, known, stored_body
from api.security.access import form_of, staff
from api.services import services
from api.texts import Translator
from connectors.postgres import rule_sets as rows
from connectors.postgres.rule_set_outbox import Outbox
from domain.drafts import read

_COMMENT_CHARACTERS_MAX = 2000
routes = web.RouteTableDef()


def see(target: str) -> web.Response:
    """Go there: a form that was sent is not sent again by loading the page anew."""
    return web.Response(status=303, headers={"Location": target})


def comment_of(fields: dict[str, str]) -> str:
    """What somebody wrote to explain, bounded."""
    return fields.get("comment", "").replace("\0", "")[:_COMMENT_CHARACTERS_MAX].strip()


@routes.get("/rules")
@staff("rules")
async def show_all(request: web.Request) -> web.Response:
    pool = services(request).pool
    waiting = await rows.open_versions(pool)
    return render(
        request,
        "rules.html",
        sets=list((await all_in_force(pool)).values()),
        waiting=waiting,
        places=await Outbox(pool).places(),
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


@routes.get("/rules/numbers")
@staff("rules")
async def show_numbers(request: web.Request) -> web.Response:
    only = request.query.get("only", "")
    found = [
        row
        for name, one in (await all_in_force(services(request).pool)).items()
        for row in dated_rows(name, one.body)
    ]
    shown = [row for row in found if row.is_unverified or only != "unverified"]
    return render(
        request,
        "rule_numbers.html",
        lines=shown,
        total=len(found),
        unverified=sum(row.is_unverified for row in found),
        only=only,
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


@routes.get("/rules/{id}")
@staff("rules")
async def show(request: web.Request) -> web.Response:
    return await _page(request, known(request.match_info["id"]))


async def _page(request: web.Request, name: str, status: int = 200, **more: Any) -> web.Response:
    wanted = services(request)
    one = (await all_in_force(wanted.pool))[name]
    waiting = [found for found in await rows.open_versions(wanted.pool) if found.rule_set == name]
    outbox = Outbox(wanted.pool)
    return render(
        request,
        "rule_set.html",
        status=status,
        one=one,
        blocks=list(blocks(one.body)),
        path_text=path_text,
        waiting=waiting,
        versions=await rows.versions(wanted.pool, name),
        history=await rows.history(wanted.pool, name),
        reaching=(name, one.version) in await outbox.places(),
        overtaken=(await outbox.overtaken()).get((name, one.version)),
        special=special_of(one.rules, language_of(request), (await wanted.now()).date()),
        name_of=name_of(language_of(request)),
        as_of=await wanted.now(),
        **{"said": "", **more},
    )


@routes.post("/rules/{id}/drafts")
@staff("publishing")
@answered
async def begin(request: web.Request) -> web.Response:
    """A draft of what is in force, or of the version or draft `from`."""
    fields, name = await form_of(request), known(request.match_info["id"])
    pool, actor = services(request).pool, await actor_of(request)
    source = fields.get("from", "")
    body, note = (await all_in_force(pool))[name].body, ""
    if source.isascii() and source.isdigit() and len(source) < 18:
        found = await desk_of(services(request)).version(name, int(source))
        body, note = stored_body(found), found.note
    made = await desk_of(services(request)).begin(name, body, note, actor)
    return see(f"/rules/{name}/drafts/{made.version_id}/edit")


@routes.get("/rules/{id}/rollback/{version}")
@staff("publishing")
async def show_roll_back(request: web.Request) -> web.Response:
    name, version = known(request.match_info["id"]), number_of(request, "version")
    return await _roll_back_page(request, name, version)


async def _roll_back_page(
    request: web.Request, name: str, version: int, said: str = "", status: int = 200
) -> web.Response:
    words = Translator(language_of(request))
    return render(
        request,
        "rule_roll_back.html",
        status=status,
        name=name,
        version=version,
        said=said,
        title=words("rules.roll_back.title", version=version),
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


@routes.post("/rules/{id}/rollback/{version}")
@staff("publishing")
@answered
async def roll_back(request: web.Request) -> web.Response:
    fields = await form_of(request)
    name, version = known(request.match_info["id"]), number_of(request, "version")
    comment = comment_of(fields)
    if not comment:
        words = Translator(language_of(request))
        said = words("rules.refused.comment_missing")
        return await _roll_back_page(request, name, version, said, 422)
    await desk_of(services(request)).roll_back(name, version, comment, await actor_of(request))
    return see(f"/rules/{name}")


def text_read(text: str) -> dict[str, Any]:
    """What somebody typed. Raises Unreadable with the place."""
    return read(text.replace("\r\n", "\n"))
