"""The XML in a file, as it comes in pieces: plain, gzip or the members of a zip archive.

Sizes that an archive states are never believed: what is unpacked is counted while it is read.
"""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from connectors.bank.limits import FileRefused, Limits

_PIECE = 64 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_ENCRYPTED = 0x1
#: What else stands in archives that people make.
_NOT_CONTENT = ("__MACOSX/", ".DS_Store", "Thumbs.db")
#: What unpacking raises at bytes that somebody made up: ValueError for names that are no text,
#: RuntimeError for passwords and methods that nobody knows, OSError for places before the file.
_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, struct.error,
    zlib.error, lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip


class _File(io.BufferedReader):
    """`zipfile` takes the whole directory of an archive in one piece: not one of any size."""

    def __init__(self, path: Path, piece_max: int) -> None:
        super().__init__(io.FileIO(path))
        self._piece_max = piece_max

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._piece_max:
            raise FileRefused("too_large", "The archive's directory is too large.")
        return super().read(size)


class Source:
    """One file on disk. Raises FileRefused for what is too large, broken or a bomb."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._packed = path.stat().st_size
        self._unpacked = 0

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Name (empty for the file itself) and pieces; read one to its end before the next."""
        if not self._packed:
            raise FileRefused("empty", "The file is empty.")
        if self._packed > self._limits.packed_bytes_max:
            allowed = self._limits.packed_bytes_max
            raise FileRefused("too_large", f"The file is larger than {allowed} bytes.")
        with _File(self._path, self._limits.directory_bytes_max) as file:
            start = file.read(2)
            file.seek(0)
            if start == _ZIP:
                yield from self._archive(file)
            elif start == _GZIP:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield "", self._pieces(unpacked)
            else:
                yield "", self._pieces(file)

    def _archive(self, file: IO[bytes]) -> Iterator[tuple[str, Iterator[bytes]]]:
        try:
            with zipfile.ZipFile(file) as archive:
                wanted = [
                    entry
                    for entry in archive.infolist()
                    if not entry.is_dir() and not _is_clutter(entry.filename)
                ]
                if not wanted:
                    raise FileRefused("empty", "The archive holds no file.")
                if len(wanted) > self._limits.members_max:
                    allowed = self._limits.members_max
                    raise FileRefused("too_large", f"The archive has more than {allowed} files.")
                for entry in wanted:
                    if entry.flag_bits & _ENCRYPTED:
                        raise FileRefused("encrypted", f"{entry.filename} is encrypted.")
                    with archive.open(entry) as member:
                        yield entry.filename, self._pieces(member)
        except _BROKEN as error:
            raise FileRefused("broken_archive", f"The archive is broken: {error}.") from error

    def _pieces(self, stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
        first = True
        while True:
            try:
                piece = stream.read(_PIECE)
            except _BROKEN as error:
                raise FileRefused("broken_archive", f"It cannot be unpacked: {error}.") from error
            if not piece:
                return
            if first and self._is_packed_again(stream, piece):
                raise FileRefused("nested_archive", "There is an archive within the archive.")
            first = False
            self._count(len(piece))
            yield piece

    def _is_packed_again(self, stream: object, piece: bytes) -> bool:
        inside = isinstance(stream, gzip.GzipFile | zipfile.ZipExtFile)
        return inside and piece[:2] in (_GZIP, _ZIP)

    def _count(self, size: int) -> None:
        self._unpacked += size
        limits = self._limits
        if self._unpacked > limits.unpacked_bytes_max:
            allowed = limits.unpacked_bytes_max
            raise FileRefused("too_large", f"Unpacked it is larger than {allowed} bytes.")
        if self._unpacked > max(limits.ratio_from_bytes, self._packed * limits.ratio_max):
            raise FileRefused("bomb", "It is packed tighter than any bank file: a bomb.")


def _is_clutter(name: str) -> bool:
    return name.startswith(_NOT_CONTENT[0]) or name.rsplit("/", 1)[-1] in _NOT_CONTENT
