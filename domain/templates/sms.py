"""How long a text is as SMS: in the GSM alphabet or not, and in how many parts.

Source: 3GPP TS 23.038 (alphabet and extension table) and TS 23.040 (concatenation: six octets of
user data header in each part of a long message).
"""

from __future__ import annotations

from typing import NamedTuple

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Take two places each.
_EXTENDED = frozenset("^{}\\[~]|€\f")
_SEPTETS, _SEPTETS_OF_MANY = 160, 153
_UNITS, _UNITS_OF_MANY = 70, 67


class SmsLength(NamedTuple):
    """`units` of the alphabet used: septets, or 16-bit units when a character is outside of it."""

    alphabet: str
    units: int
    parts: int


def sms_length(text: str) -> SmsLength:
    """How long `text` is, and how many SMS carry it."""
    if all(letter in _GSM or letter in _EXTENDED for letter in text):
        units = len(text) + sum(letter in _EXTENDED for letter in text)
        return SmsLength("GSM-7", units, _parts(units, _SEPTETS, _SEPTETS_OF_MANY))
    units = len(text.encode("utf-16-be")) // 2
    return SmsLength("UCS-2", units, _parts(units, _UNITS, _UNITS_OF_MANY))


def _parts(units: int, alone: int, of_many: int) -> int:
    return 1 if units <= alone else -(-units // of_many)
