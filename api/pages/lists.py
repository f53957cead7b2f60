"""What all list pages share: filters from the address, pages, and the export of the same rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import web

from api.pages.rendering import render
from api.problems import Problem
from api.security.access import staff
from api.security.headers import set_headers
from api.security.roles import Area
from api.services import services
from runtime.clock import utc_now
from tables import views
from tables.listing import PAGE_MAX, PAGE_ROWS, Listing

Kind = Literal["text", "word", "code", "badge", "moment", "day", "money", "number", "link"]
_FILTER_CHARACTERS_MAX = 200
#: A cell that starts like this is a formula to a spreadsheet program.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """`link` is an address with `{}` for the row's value of `link_to` (default: the column's)."""

    name: str
    kind: Kind = "text"
    link: str = ""
    link_to: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A listing as a page. Titles come from the texts: `list.<name>`, `column.<column>`."""

    listing: Listing
    columns: tuple[Column, ...]
    #: Filters with a fixed set of values; the others are free text.
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: A list that people often want next.
    beside: str = ""
    #: Where a new one is made; its words are `list.<name>.action`.
    action: str = ""


def serve(routes: web.RouteTableDef, address: str, area: Area, page: ListPage) -> None:
    """Serve the list at `address` and its export at `address`.csv to who may open `area`."""

    @routes.get(address)
    @staff(area)
    async def _list(request: web.Request) -> web.Response:
        return await show(request, page)

    @routes.get(f"{address}.csv")
    @staff(area)
    async def _export(request: web.Request) -> web.StreamResponse:
        return await export(request, page)


def filters_of(request: web.Request, page: ListPage) -> dict[str, str]:
    """What the address asks for; a filter that does not exist is refused, not ignored."""
    wanted = {name: request.query.get(name, "").strip() for name in page.listing.filters}
    unknown = request.query.keys() - page.listing.filters.keys() - {"page"}
    if unknown:
        raise Problem(400, "bad-filter", f"There is no filter {min(unknown)[:40]}.")
    for name, value in wanted.items():
        allowed = page.choices.get(name)
        if len(value) > _FILTER_CHARACTERS_MAX or "\0" in value:
            raise Problem(400, "bad-filter", f"The filter {name} is too long.")
        if value and allowed is not None and value not in allowed:
            raise Problem(400, "bad-filter", f"{name} is one of {', '.join(allowed)}.")
    return wanted


def _page_number(request: web.Request) -> int:
    text = request.query.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(PAGE_MAX))
    if not is_number or not 1 <= int(text) <= PAGE_MAX:
        raise Problem(400, "bad-page", f"Pages are numbered 1 to {PAGE_MAX}.")
    return int(text)


async def show(request: web.Request, page: ListPage) -> web.Response:
    """The list, or only its table for htmx."""
    wanted = filters_of(request, page)
    number = _page_number(request)
    pool = services(request).pool
    rows, total = await page.listing.page(pool, wanted, number)
    kept = {name: value for name, value in wanted.items() if value}
    return render(
        request,
        "list_table.html" if request.headers.get("HX-Target") == "rows" else "list.html",
        page=page,
        rows=rows,
        total=total,
        number=number,
        pages=max(1, min(PAGE_MAX, -(-total // PAGE_ROWS))),
        first=(number - 1) * PAGE_ROWS + 1,
        wanted=wanted,
        query=urlencode(kept),
        as_of=await views.projected_until(pool),
    )


async def export(request: web.Request, page: ListPage) -> web.StreamResponse:
    """All rows behind the filters as CSV. If it breaks off, the transfer fails visibly."""
    wanted = filters_of(request, page)
    kept = [f"{name}-{value}" for name, value in wanted.items() if value]
    stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
    name = "_".join([page.listing.name, *kept, stamp])
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{safe[:150]}.csv"',
            "X-Filters": urlencode({name: value for name, value in wanted.items() if value}),
        }
    )
    set_headers(response, "", keep=False)
    await response.prepare(request)
    await response.write(_csv_lines([list(page.listing.columns)]))
    async for batch in page.listing.stream(services(request).pool, wanted):
        await response.write(
            _csv_lines([[_cell(value) for value in row.values()] for row in batch])
        )
    await response.write_eof()
    return response


def _csv_lines(rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    # A leading apostrophe keeps spreadsheets from running what a stranger typed.
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_STARTS) else text
