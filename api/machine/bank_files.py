"""Bank files for machines: hand one in, see what became of it."""

from __future__ import annotations

from aiohttp import BodyPartReader, web

from api.bank_intake import (
    body_pieces,
    file_document,
    must_be_readable,
    part_pieces,
    take_in,
)
from api.machine.rows import id_of
from api.problems import Problem, not_found
from api.security.access import machine
from api.services import Json, services
from connectors.postgres.bank_files import BankFiles

_LIMIT = 100
_LIMIT_MAX = 1_000
routes = web.RouteTableDef()


@routes.post("/api/v1/bank-files")
@machine("bank-files")
async def hand_in(request: web.Request) -> web.Response:
    """202: the importer will book it; 200: this very content is booked already."""
    file = await _taken(request)
    return web.json_response(
        file,
        status=200 if file["again"] else 202,
        headers={"Location": f"/api/v1/bank-files/{file['file_id']}"},
    )


async def _taken(request: web.Request) -> Json:
    name = request.query.get("name", "")
    if not request.content_type.startswith("multipart/"):
        return await take_in(services(request), body_pieces(request), name or "posted", "api")
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and (part.filename or part.name == "file"):
                must_be_readable(request, part)
                named = name or part.filename or "posted"
                return await take_in(services(request), part_pieces(part), named, "api")
    except ValueError:
        raise Problem(400, "bad-form", "The form cannot be read.") from None
    raise Problem(400, "bad-form", "The form holds no file.")


@routes.get("/api/v1/bank-files")
@machine("bank-files")
async def newest(request: web.Request) -> web.Response:
    text = request.query.get("limit", str(_LIMIT))
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LIMIT_MAX))
    if not is_number or not 1 <= int(text) <= _LIMIT_MAX:
        raise Problem(400, "bad-limit", f"limit is 1 to {_LIMIT_MAX}.")
    rows = await BankFiles(services(request).pool).newest(int(text))
    return _answer({"files": [file_document(row) for row in rows]})


@routes.get("/api/v1/bank-files/{id}")
@machine("bank-files")
async def one(request: web.Request) -> web.Response:
    files = BankFiles(services(request).pool)
    row = await files.get(id_of(request))
    if row is None:
        raise not_found("bank file")
    return _answer(file_document(row) | {"unmatched": await files.unmatched_of(row["file_id"])})


def _answer(document: Json) -> web.Response:
    return web.json_response(document, headers={"Cache-Control": "no-store"})
