"""Why a debit came back: the code of ISO 20022, the bank's own, and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.bank.nodes import Node
from connectors.bank.values import id_of

#: What some banks put into rows of debits that went well (D7).
SUCCESS = "0000"
#: A return without any reason still is one. The matrix treats what it does not know with care.
UNSTATED = "unstated"
_TEXT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Reason:
    """At most one of the two codes is needed; both are kept when both are there."""

    code: str | None = None
    proprietary: str | None = None
    text: str | None = None

    @property
    def is_success(self) -> bool:
        """The row reports that nothing went wrong."""
        return SUCCESS in (self.code, self.proprietary)

    @property
    def is_stated(self) -> bool:
        """Whether there is a code at all."""
        return bool(self.code or self.proprietary)


def reason_of(places: Iterable[Node]) -> Reason:
    """The first code of each kind in `RtrInf` or `StsRsnInf` elements, whatever their version."""
    code = proprietary = None
    words: list[str] = []
    for place in places:
        for name in ("Rsn", "RtrRsn", "StsRsn"):
            code = code or place.value(name, "Cd")
            proprietary = proprietary or place.value(name, "Prtry")
        words += [node.text for node in place.all("AddtlInf") if node.text]
        words += [node.text for node in place.all("AddtlStsRsnInf") if node.text]
    text = " ".join(words)[:_TEXT_MAX]
    return Reason(id_of(code), id_of(proprietary), text or None)
