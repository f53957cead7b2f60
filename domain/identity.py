"""Deterministic ids: the same facts always give the same id, so a rerun repeats itself."""

from __future__ import annotations

import base64
import unicodedata
from hashlib import blake2b

#: Unit separator: cannot be confused with what ids are made of.
_SEPARATOR = "\x1f"


def digest(*parts: str, size: int = 15) -> str:
    """A short text from `parts`: `size` bytes of BLAKE2b in lower-case base 32."""
    raw = blake2b(_SEPARATOR.join(parts).encode(), digest_size=size).digest()
    return base64.b32encode(raw).decode().rstrip("=").lower()


def number(*parts: str) -> int:
    """A number of 64 bits from `parts`, evenly spread."""
    return int.from_bytes(blake2b(_SEPARATOR.join(parts).encode(), digest_size=8).digest())


def same_person(one: str, other: str) -> bool:
    """Whether two names of staff are one person's: case, blanks, width make nobody a second one."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
