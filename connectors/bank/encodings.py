"""Which encoding a document is in, and pieces of it in UTF-8 where the parser can't read it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from connectors.bank.limits import FileRefused

_DECLARED = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
#: What the parser reads by itself, byte for byte.
_NATIVE = frozenset({"utf-8", "ascii", "iso8859-1"})
_PLAIN = re.compile(r"^(iso8859-\d+|cp\d+|koi8-[ru]|mac-?\w+|latin.*)$")
_WIDE = re.compile(r"^(utf-(16|32).*|gb18030|gbk|gb2312|big5.*|shift_jis.*|euc_.*|iso2022_.*)$")


def encoding_of(start: bytes) -> tuple[str, bool]:
    """Python's name of the encoding that a document's first bytes tell, and whether the parser
    must be given UTF-8 instead. Raises FileRefused for one that nobody knows.
    """
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked is not None:
        return marked, True
    declared = _DECLARED.match(start)
    if declared is None:
        return "utf-8", False
    wanted = declared[1].decode()
    try:
        name = codecs.lookup(wanted).name
    except LookupError:
        name = ""
    if name in _NATIVE or _PLAIN.match(name):
        return name, name not in _NATIVE
    # A declaration that could be read byte for byte is not in UTF-16, whatever it says.
    if _WIDE.match(name) and not name.startswith("utf-"):
        return name, True
    raise FileRefused("bad_encoding", f"The encoding {wanted} is unknown or does not fit.", 1)


def in_utf8(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces in UTF-8. Raises FileRefused where bytes mean nothing in `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 1
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            lines += text.count("\n")
            yield text.encode()
        yield decoder.decode(b"", final=True).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        why = f"There are bytes that are not {encoding}."
        raise FileRefused("bad_encoding", why, lines) from error
