"""Takes bank files in, over the API or a form: to disk, bounded, then kept for the importer."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import IO, Any

from aiohttp import BodyPartReader, hdrs, web

from api.problems import Problem
from api.services import Services
from connectors.bank.limits import MIB
from connectors.postgres.bank_files import Arrival, BankFiles, Source
from runtime.clock import utc_now

_PIECE = 256 * 1024
_KEPT_PIECE = MIB
_NAME_MAX = 200
_TRANSFER_ENCODINGS = ("binary", "8bit", "7bit", "base64", "quoted-printable")


async def take_in(
    wanted: Services, pieces: AsyncIterator[bytes], name: str, source: Source
) -> dict[str, Any]:
    """Keep the file; gives its document with `again` when its content was booked before.

    Raises Problem for a file that is empty or larger than the settings allow.
    """
    allowed = wanted.settings.bank_file_mib * MIB
    with tempfile.TemporaryFile(prefix="dunnock-bank-") as copy:
        found, size = hashlib.sha256(), 0
        async for piece in pieces:
            size += len(piece)
            if size > allowed:
                raise Problem(413, "too-large", f"A bank file has at most {allowed} bytes.")
            found.update(piece)
            await asyncio.to_thread(copy.write, piece)
        if not size:
            raise Problem(400, "empty", "The file is empty.")
        files = BankFiles(wanted.pool)
        arrival = Arrival(found.hexdigest(), _clean(name), source, size)
        copy.seek(0)
        state = await files.take_in(arrival, _pieces(copy), utc_now())
        row = await files.get(arrival.file_id)
    return file_document(row or {}) | {"again": state == "booked"}


def _pieces(copy: IO[bytes]) -> Iterator[bytes]:
    while piece := copy.read(_KEPT_PIECE):
        yield piece


def _clean(name: str) -> str:
    """A file name for people: no directories, no control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(character for character in last if character.isprintable())
    return kept[:_NAME_MAX] or "unnamed"


def must_be_readable(request: web.Request, part: BodyPartReader) -> None:
    """Raises Problem 400 for a part of a form in an encoding that is not taken apart.

    A form's own parts have no content encoding: a packed file in one is taken as it is.
    """
    transfer = part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary").lower()
    content = part.headers.get(hdrs.CONTENT_ENCODING, "identity").lower()
    is_packed = content != "identity" and request.content_type != "multipart/form-data"
    if transfer not in _TRANSFER_ENCODINGS or is_packed:
        raise Problem(400, "bad-form", "A part of the form is in an encoding that is not taken.")


async def part_pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The content of one part of a form."""
    while piece := await part.read_chunk(_PIECE):
        yield part.decode(piece)


async def body_pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The content of a request that is the file itself."""
    async for piece in request.content.iter_chunked(_PIECE):
        yield piece


def file_document(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `bank_files` as the API shows it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
