"""Reads XML of any size: hands out its parts as they end and forgets them. No tree is ever built.

Expat rather than lxml, for the bounds: what is remembered, how deep it goes, how long a text or an
unfinished tag gets is counted here, and a DTD ends the reading at its first word, so that there
are no entities to expand and nothing to fetch. Line numbers are exact in files of any length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from connectors.bank.encodings import encoding_of, in_utf8
from connectors.bank.limits import FileRefused, Limits
from connectors.bank.nodes import Node

#: Handed out at their end, with everything in them that was not handed out before.
UNITS = frozenset(
    {"TxDtls", "NtryDtls", "Ntry", "Stmt", "Rpt", "Ntfctn", "Document"}
    | {"TxInfAndSts", "OrgnlPmtInfAndSts", "pain.002.001.02"}
    | {"BkToCstmrDbtCdtNtfctn", "BkToCstmrStmt", "BkToCstmrAcctRpt", "CstmrPmtStsRpt"}
)
#: Anything may stand in here, also what looks like an entry.
_SKIPPED = "SplmtryData"
_SNIFF_BYTES = 512
_BLANKS = b" \t\r\n"


class _RootEnded(Exception):
    """The document is complete at this byte: what follows is another one."""


class _Reader:
    """One document: expat's callbacks. `done` are the units that have ended."""

    def __init__(self, encoding: str | None, limits: Limits, lines_before: int) -> None:
        self._limits = limits
        self.lines_before = lines_before
        self.done: list[Node] = []
        self._stack: list[Node] = []
        self._marks: list[int] = []
        self._live = self._skipping = 0
        self._elements_max, self._depth_max = limits.elements_max, limits.depth_max
        self.fed = self._root_at = 0
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    @property
    def line(self) -> int:
        """Where the reading is, counted from the beginning of the file."""
        return self.lines_before + self._parser.CurrentLineNumber

    def feed(self, piece: bytes) -> bytes | None:
        """Read on; what is left of the piece when the document ended in it, else None."""
        before = self.fed
        self.fed += len(piece)
        try:
            self._parser.Parse(piece, False)
        except _RootEnded:
            tag = max(0, self._root_at - before)
            return piece[piece.index(b">", tag) + 1 :]
        except expat.ExpatError as error:
            self._broken(error)
        if self.fed - self._parser.CurrentByteIndex > self._limits.token_bytes_max:
            raise FileRefused("too_large", "A tag or comment has no end.", self.line)
        return None

    def close(self, *, may_be_empty: bool) -> None:
        """There is nothing more; a comment after the last document is no document."""
        try:
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            if not (may_be_empty and error.code == _NO_ELEMENTS):
                self._broken(error)

    def _broken(self, error: expat.ExpatError) -> NoReturn:
        why = expat.ErrorString(error.code)
        line = self.lines_before + error.lineno
        raise FileRefused("not_xml", f"This is not XML or is broken: {why}.", line) from error

    def _doctype(self, *_: object) -> None:
        why = "It has a document type definition: bank files have none, attacks do."
        raise FileRefused("dtd", why, self.line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Called millions of times: what is rare comes last."""
        if ":" in name:
            name = name.rpartition(":")[2]
        if self._skipping or (name == _SKIPPED and self._stack):
            self._skipping += 1
            self._check_depth()
            return
        stack = self._stack
        node = Node(name)
        if attributes:
            node.currency = attributes.get("Ccy", "")
            if len(attributes) > 1 or not node.currency:
                node.spaces = tuple(v for k, v in attributes.items() if k.startswith("xmlns"))
        if name in UNITS:
            node.line = self.line
            node.parent = stack[-1] if stack else None
            self._marks.append(self._live)
        elif stack:
            stack[-1].add(node)
        stack.append(node)
        self._live += 1
        if self._live > self._elements_max:
            why = f"One part has more than {self._elements_max} elements."
            raise FileRefused("too_large", why, self.line)
        if len(stack) > self._depth_max:
            self._check_depth()

    def _check_depth(self) -> None:
        if len(self._stack) + self._skipping > self._limits.depth_max:
            allowed = self._limits.depth_max
            raise FileRefused("too_deep", f"Elements are nested deeper than {allowed}.", self.line)

    def _text(self, text: str) -> None:
        if text.isspace() or self._skipping or not self._stack:
            return
        node = self._stack[-1]
        node.text = node.text + text if node.text else text
        if len(node.text) > self._limits.text_characters_max:
            allowed = self._limits.text_characters_max
            raise FileRefused("too_large", f"A text is longer than {allowed}.", self.line)

    def _end(self, _: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        node = self._stack.pop()
        if node.text:
            node.text = node.text.strip()
        if node.name in UNITS:
            self.done.append(node)
            self._live = self._marks.pop()
        if not self._stack:
            self._root_at = self._parser.CurrentByteIndex
            raise _RootEnded


_NO_ELEMENTS = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]


def units(pieces: Iterator[bytes], limits: Limits) -> Iterator[Node]:
    """The units of all documents in `pieces`, one document after the other.

    `parent` leads up through the units around one. Raises FileRefused, also after some units.
    """
    lines, converted, first = 0, False, True
    rest = b""
    while True:
        start = _start_of(rest, pieces)
        blank = len(start) - len(start.lstrip(_BLANKS))
        lines += start[:blank].count(b"\n")
        start = start[blank:]
        if not start:
            break
        reader, pieces, start, converted = _open(start, pieces, limits, lines, converted=converted)
        left: bytes | None = reader.feed(start)
        yield from _taken(reader)
        while left is None:
            piece = next(pieces, b"")
            if not piece:
                reader.close(may_be_empty=not first)
                return
            left = reader.feed(piece)
            yield from _taken(reader)
        lines, rest, first = reader.line - 1, left, False
    if first:
        raise FileRefused("empty", "There is nothing in it.")


def _open(
    start: bytes, pieces: Iterator[bytes], limits: Limits, lines: int, *, converted: bool
) -> tuple[_Reader, Iterator[bytes], bytes, bool]:
    """A reader for the document that begins with `start`, and what it is to be fed."""
    if not converted:
        encoding, must_convert = encoding_of(start)
        if must_convert:
            pieces = in_utf8(_chained(start, pieces), encoding)
            start, converted = next(pieces, b""), True
    return _Reader("utf-8" if converted else None, limits, lines), pieces, start, converted


def _taken(reader: _Reader) -> Iterator[Node]:
    done, reader.done = reader.done, []
    return iter(done)


def _chained(start: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from pieces


def _start_of(rest: bytes, pieces: Iterator[bytes]) -> bytes:
    """Enough of what comes next to see its declaration; nothing at the end."""
    while len(rest.lstrip(_BLANKS)) < _SNIFF_BYTES:
        piece = next(pieces, b"")
        if not piece:
            break
        rest += piece
    return rest
