"""Whether a debit entry is a collection of ours that came back, by the bank's transaction codes."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from connectors.bank.nodes import Node
from domain.events.base import Data

Verdict = Literal["return", "own_reversal", "other"]
_FILE = Path(__file__).parent / "data" / "return_signs.toml"
_PARTS = re.compile(r"[+\-/ ]")


@dataclass(frozen=True, slots=True)
class BankCode:
    """`BkTxCd` of an item or, where it has none, of its entry."""

    domain: str = ""
    family: str = ""
    sub: str = ""
    proprietary: str = ""
    issuer: str = ""

    @property
    def text(self) -> str:
        """What stands for the reason where the bank gives no other."""
        parts = (self.domain, self.family, self.sub)
        return "-".join(part for part in parts if part) or self.proprietary


class Sign(Data):
    """One row of the data file."""

    verdict: Verdict
    valid_from: dt.date
    source: str
    domain: str = ""
    family: str = ""
    families: frozenset[str] = frozenset()
    sub: frozenset[str] = frozenset()
    proprietary: frozenset[str] = frozenset()
    issuer: frozenset[str] = frozenset()
    needs: str = ""

    def covers(self, code: BankCode) -> bool:
        """Whether this row speaks of the code."""
        if self.proprietary:
            parts = set(_PARTS.split(code.proprietary))
            known = not self.issuer or code.issuer.upper() in self.issuer
            return known and bool(parts & self.proprietary) and self.needs in parts
        families = self.families or {self.family}
        return (
            code.domain == self.domain
            and code.family in families
            and (not self.sub or code.sub in self.sub)
        )


@cache
def signs() -> tuple[Sign, ...]:
    """The rows of the data file."""
    document = tomllib.loads(_FILE.read_text("utf-8"))
    return tuple(Sign.model_validate(row) for row in document["rows"])


@cache
def verdict_of(code: BankCode) -> Verdict | None:
    """What the code says; None when it says nothing."""
    return next((sign.verdict for sign in signs() if sign.covers(code)), None)


def bank_code(*places: Node | None) -> BankCode:
    """The codes of the first place that has any."""
    for place in places:
        found = place.first("BkTxCd") if place is not None else None
        if found is not None:
            return BankCode(
                domain=found.value("Domn", "Cd") or "",
                family=found.value("Domn", "Fmly", "Cd") or "",
                sub=found.value("Domn", "Fmly", "SubFmlyCd") or "",
                proprietary=found.value("Prtry", "Cd") or "",
                issuer=found.value("Prtry", "Issr") or "",
            )
    return BankCode()
