"""One version or draft: what it changes, what the check says, and what the reader may do now."""

from __future__ import annotations

import datetime as dt

from aiohttp import web

from api.machine.rule_sets import actor_of, desk_of, number_of
from api.pages.rendering import language_of, render
from api.pages.rule_specials import Special, special_of
from api.pages.rule_words import name_of, told
from api.pages.rules import comment_of, see
from api.rule_sets.blocks import blocks, path_text
from api.rule_sets.present import InForce, all_in_force, known, rules_of, stored_body
from api.rule_sets.views import changed, is_overtaken
from api.security.access import form_of, staff
from api.services import services
from connectors.postgres import rule_sets as rows
from connectors.postgres.rule_sets import Refused, StoredVersion
from domain.policy.difference import Change, changes

#: More cells than this are counted, not listed: the document itself is below.
CHANGES_MAX = 300
_ENDED = frozenset({"published", "superseded"})
routes = web.RouteTableDef()


async def asked(request: web.Request) -> StoredVersion:
    """The version of the address. Raises Problem 404."""
    name = known(request.match_info["id"])
    return await desk_of(services(request)).version(name, number_of(request, "draft"))


@routes.get("/rules/{id}/drafts/{draft}")
@staff("rules")
async def show(request: web.Request) -> web.Response:
    return await page(request, await asked(request))


async def page(
    request: web.Request, one: StoredVersion, said: str = "", status: int = 200
) -> web.Response:
    """The page of a version, with what was said to the last form."""
    pool = services(request).pool
    base = (await all_in_force(pool))[one.rule_set]
    user = (await actor_of(request)).name
    cells = await _changes(request, one, base)
    return render(
        request,
        "rule_draft.html",
        status=status,
        one=one,
        base=base,
        said=said,
        cells=cells[:CHANGES_MAX],
        more=max(0, len(cells) - CHANGES_MAX),
        approvals=await rows.approvals(pool, one.version_id),
        overtaken=is_overtaken(one, base),
        mine=one.author == user,
        blocks=list(blocks(stored_body(one))),
        path_text=path_text,
        special=_special(one, language_of(request), (await services(request).now()).date()),
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


def _special(one: StoredVersion, language: str, today: dt.date) -> Special:
    """As the draft would have it; nothing for one with faults."""
    rules = rules_of(one)
    return special_of(rules, language, today) if rules is not None else Special()


async def _changes(request: web.Request, one: StoredVersion, base: InForce) -> list[Change]:
    """Against what is in force; of what was in force, against what it followed on."""
    if one.state not in _ENDED:
        return changed(one, base)
    before = await rows.by_number(services(request).pool, one.rule_set, one.base_version)
    if before is None:
        return changes({}, {}) if one.base_version != base.version else changed(one, base)
    return changes(stored_body(before), stored_body(one))


@routes.post("/rules/{id}/drafts/{draft}/{action:check|submit|approve|reject|publish|discard}")
@staff("publishing")
async def act(request: web.Request) -> web.Response:
    fields, one = await form_of(request), await asked(request)
    try:
        await _acted(request, one, fields)
    except Refused as refused:
        fresh = await asked(request)
        status = 409 if refused.code in {"overtaken", "already", "busy"} else 422
        return await page(request, fresh, told(request, refused), status)
    if request.match_info["action"] == "publish":
        return see(f"/rules/{one.rule_set}")
    return see(f"/rules/{one.rule_set}/drafts/{one.version_id}")


async def _acted(request: web.Request, one: StoredVersion, fields: dict[str, str]) -> None:
    desk, actor = desk_of(services(request)), await actor_of(request)
    name, number = one.rule_set, one.version_id
    match request.match_info["action"]:
        case "check":
            await desk.check(name, number, actor)
        case "submit":
            await desk.submit(
                name,
                number,
                actor,
                acknowledged=fields.get("acknowledged") == "yes",
                confirmed=_number(fields.get("confirmed", "")),
            )
        case "approve":
            await desk.decide(name, number, "approve", comment_of(fields), actor)
        case "reject":
            await desk.decide(name, number, "reject", comment_of(fields), actor)
        case "publish":
            await desk.publish(name, number, actor)
        case _:
            await desk.discard(name, number, actor)


def _number(text: str) -> int | None:
    digits = text.strip().replace(".", "").replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None
