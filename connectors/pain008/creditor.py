"""Who collects: name, account and creditor identifier, from the settings, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.iban import is_iban

_CREDITOR = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class BadCreditor(Exception):
    """The settings do not name somebody who can collect: the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Creditor:
    """As it stands in every file. The bank's version 001.02 wants its BIC."""

    name: str
    iban: str
    bic: str
    creditor_id: str

    def check(self) -> None:
        """Raises BadCreditor."""
        wrong = [
            name
            for name, is_sound in (
                ("DUNNOCK_CREDITOR_NAME", bool(self.name.strip())),
                ("DUNNOCK_CREDITOR_IBAN", is_iban(self.iban)),
                ("DUNNOCK_CREDITOR_BIC", bool(_BIC.fullmatch(self.bic))),
                ("DUNNOCK_CREDITOR_ID", is_creditor_id(self.creditor_id)),
            )
            if not is_sound
        ]
        if wrong:
            raise BadCreditor(f"missing or not sound: {', '.join(wrong)}")


def is_creditor_id(text: str) -> bool:
    """Whether it is a SEPA creditor identifier: its check digits leave out the business code."""
    if not _CREDITOR.fullmatch(text):
        return False
    digits = "".join(str(int(sign, 36)) for sign in text[7:] + text[:4])
    return int(digits) % 97 == 1
