"""Bank files: the list, handing one in, and what became of one."""

from __future__ import annotations

from aiohttp import BodyPartReader, web

from api.bank_intake import must_be_readable, part_pieces, take_in
from api.machine.rows import id_of
from api.pages import bank_unmatched
from api.pages.lists import Column, ListPage, serve
from api.pages.rendering import language_of, render
from api.problems import Problem, not_found
from api.security import csrf
from api.security.access import check_form, staff
from api.services import Json, services
from api.texts import Translator
from connectors.postgres.bank_files import BankFiles
from tables.bank_listings import BANK_FILES

_PAGE = ListPage(
    BANK_FILES,
    (
        Column("file", "text", "/bank-files/{}", "file_id"),
        Column("bank_kind", "code"),
        Column("state", "badge"),
        Column("booked", "number"),
        Column("already_known", "number"),
        Column("unmatched", "number"),
        Column("rejected", "number"),
        Column("source", "word"),
        Column("received_at", "moment"),
    ),
    {
        "state": ("received", "reading", "booked", "rejected"),
        "source": ("folder", "api", "page", "command"),
    },
    beside="/bank-files/unmatched",
    action="/bank-files/new",
)
routes = web.RouteTableDef()
serve(routes, "/bank-files", "bank-files", _PAGE)
bank_unmatched.serve_pages(routes)


@routes.get("/bank-files/new")
@staff("bank-files")
async def show_form(request: web.Request) -> web.Response:
    return render(request, "bank_file_new.html", error="")


@routes.post("/bank-files/new")
@staff("bank-files")
async def hand_in(request: web.Request) -> web.Response:
    try:
        file = await _taken(request)
    except Problem as problem:
        if problem.status not in (400, 413):
            raise
        words = Translator(language_of(request))
        error = words("bank.new.too_large" if problem.status == 413 else "bank.new.nothing")
        return render(request, "bank_file_new.html", status=422, error=error)
    return web.Response(status=303, headers={"Location": f"/bank-files/{file['file_id']}"})


async def _taken(request: web.Request) -> Json:
    """The form's token comes before the file: nothing is read of a foreign form's file."""
    if not request.content_type.startswith("multipart/"):
        raise Problem(400, "bad-form", "The form cannot be read.")
    checked = False
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            must_be_readable(request, part)
            if part.name == csrf.FIELD:
                check_form(request, (await part.read(decode=True)).decode(errors="replace"))
                checked = True
            elif part.name == "file" and part.filename:
                if not checked:
                    check_form(request, "")
                return await take_in(services(request), part_pieces(part), part.filename, "page")
    except ValueError:
        raise Problem(400, "bad-form", "The form cannot be read.") from None
    raise Problem(400, "bad-form", "The form holds no file.")


@routes.get("/bank-files/{id}")
@staff("bank-files")
async def show_file(request: web.Request) -> web.Response:
    files = BankFiles(services(request).pool)
    file = await files.get(id_of(request))
    if file is None:
        raise not_found("bank file")
    return render(
        request,
        "bank_file.html",
        file=file,
        counts=file["counts"],
        report=file["report"] or {},
        unmatched=await files.unmatched_of(file["file_id"]),
        unfinished=file["finished_at"] is None,
    )
