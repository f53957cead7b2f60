"""Editing a draft: the whole text as TOML, or one row by a form. Saving checks at once."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from api.machine.rule_sets import actor_of, desk_of
from api.pages.rendering import language_of, render
from api.pages.rule_drafts import asked
from api.pages.rule_words import answered, name_of, told
from api.pages.rules import see, text_read
from api.problems import Problem
from api.rule_sets.cells import NoSuchRow, fields_of, nested_in, row_at, with_cells, with_row
from api.rule_sets.present import stored_body
from api.security.access import form_of, staff
from api.services import services
from connectors.postgres.rule_sets import Refused, StoredVersion
from domain.drafts import Body, Fault, Unreadable, check
from domain.policy.difference import place_of
from domain.policy.toml_text import written

_NOTE_CHARACTERS_MAX = 500
_PATH_CHARACTERS_MAX = 300
routes = web.RouteTableDef()


def _faults(one: StoredVersion) -> list[Fault]:
    return list(check(one.rule_set, stored_body(one)).faults)


async def _text_page(
    request: web.Request,
    one: StoredVersion,
    text: str,
    faults: list[Fault],
    said: str = "",
    status: int = 200,
) -> web.Response:
    return render(
        request,
        "rule_edit.html",
        status=status,
        one=one,
        text=text,
        faults=faults,
        said=said,
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


@routes.get("/rules/{id}/drafts/{draft}/edit")
@staff("publishing")
async def edit(request: web.Request) -> web.Response:
    one = await asked(request)
    return await _text_page(request, one, written(stored_body(one)), _faults(one))


@routes.post("/rules/{id}/drafts/{draft}/edit")
@staff("publishing")
async def save(request: web.Request) -> web.Response:
    """Text that is no document is shown again with the place; a sound one goes on to its page."""
    fields, one = await form_of(request), await asked(request)
    text, note = fields.get("text", ""), _note_of(fields)
    try:
        body = text_read(text)
    except Unreadable as error:
        return await _text_page(request, one, text, [error.fault], status=422)
    try:
        return await _saved(request, one, body, note)
    except Refused as refused:
        return await _text_page(request, one, text, [], told(request, refused), 422)


def _note_of(fields: dict[str, str]) -> str:
    return fields.get("note", "").replace("\0", "")[:_NOTE_CHARACTERS_MAX].strip()


async def _saved(request: web.Request, one: StoredVersion, body: Body, note: str) -> web.Response:
    desk, actor = desk_of(services(request)), await actor_of(request)
    saved = await desk.save(one.rule_set, one.version_id, body, note, actor)
    faults = _faults(saved)
    if faults:
        return await _text_page(request, saved, written(stored_body(saved)), faults, status=422)
    await desk.check(one.rule_set, one.version_id, actor)
    return see(f"/rules/{one.rule_set}/drafts/{one.version_id}")


def _path_of(request: web.Request) -> str:
    path = request.query.get("path", "")
    if len(path) > _PATH_CHARACTERS_MAX or "\0" in path:
        raise Problem(400, "bad-request", "There is no such row.")
    return path


async def _row_page(
    request: web.Request, one: StoredVersion, body: Body, faults: list[Fault], status: int = 200
) -> web.Response:
    try:
        path, row = row_at(body, _path_of(request))
    except NoSuchRow:
        raise Problem(404, "not-found", "There is no such row.") from None
    return render(
        request,
        "rule_row.html",
        status=status,
        one=one,
        row_path=_path_of(request),
        place=place_of(path),
        in_list=bool(path) and isinstance(path[-1], int),
        cells=fields_of(one.rule_set, path, row),
        nested=nested_in(row),
        faults=faults,
        name_of=name_of(language_of(request)),
        as_of=await services(request).now(),
    )


@routes.get("/rules/{id}/drafts/{draft}/row")
@staff("publishing")
async def edit_row(request: web.Request) -> web.Response:
    one = await asked(request)
    return await _row_page(request, one, stored_body(one), [])


@routes.post("/rules/{id}/drafts/{draft}/row")
@staff("publishing")
@answered
async def save_row(request: web.Request) -> web.Response:
    """The row with its faults again, or the page of the draft, checked."""
    fields, one = await form_of(request), await asked(request)
    body = stored_body(one)
    what: Literal["copy", "remove"] | None = None
    if (done := fields.get("do", "save")) in {"copy", "remove"}:
        what = "copy" if done == "copy" else "remove"
    try:
        path, _ = row_at(body, _path_of(request))
        texts = {
            name.removeprefix("cell."): value
            for name, value in fields.items()
            if name.startswith("cell.")
        }
        changed = with_cells(one.rule_set, body, path, texts)
        changed = with_row(changed, path, what) if what else changed
    except NoSuchRow:
        raise Problem(404, "not-found", "There is no such row.") from None
    faults = check(one.rule_set, changed).faults
    if faults and what is None:
        return await _row_page(request, one, changed, list(faults), 422)
    desk, actor = desk_of(services(request)), await actor_of(request)
    await desk.save(one.rule_set, one.version_id, changed, one.note, actor)
    return see(f"/rules/{one.rule_set}/drafts/{one.version_id}")
