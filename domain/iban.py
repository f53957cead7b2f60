"""IBANs: their form and check digits. Which bank they belong to is for others to look up."""

from __future__ import annotations

import re

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")


def is_iban(text: str) -> bool:
    """Whether it has the form and check digits of ISO 13616 (without spaces, capitals)."""
    if not _FORM.fullmatch(text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1
