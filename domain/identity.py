"""Deterministic ids: the same facts always give the same id, so a rerun repeats itself."""

from __future__ import annotations

from hashlib import blake2b

#: Unit separator: cannot be confused with what ids are made of.
_SEPARATOR = "\x1f"
#: The alphabet of RFC 4648, two letters for ten bits: several ids are made for each event.
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)


def digest(*parts: str, size: int = 15) -> str:
    """A short text from `parts`: `size` bytes of BLAKE2b, 5 or a multiple, in lower base 32."""
    raw = blake2b(_SEPARATOR.join(parts).encode(), digest_size=size).digest()
    bits = int.from_bytes(raw)
    return "".join([_PAIRS[bits >> shift & 0x3FF] for shift in range(8 * size - 10, -1, -10)])


def number(*parts: str) -> int:
    """A number of 64 bits from `parts`, evenly spread."""
    return int.from_bytes(blake2b(_SEPARATOR.join(parts).encode(), digest_size=8).digest())
