"""What a bank file says, row by row: debits that came back, and rows set aside or ignored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

from pydantic import ValidationError

from domain.events.base import Country, Data, Id, Text
from domain.money import Money, PositiveMoney

#: `rejection`: before the money moved (pain.002). `return`: after it had been ours (camt).
Stage = Literal["rejection", "return"]

#: What banks write where a creditor gave no end-to-end id.
NOT_PROVIDED = frozenset({"NOTPROVIDED", "NONREF", "NOREF"})


class ReturnedDebit(Data):
    """A collection of ours that came back."""

    line: int
    #: Where it stands, for people: "message 1, entry 3, item 11".
    position: str
    message: str
    stage: Stage
    end_to_end_id: Id | None = None
    mandate_id: Id | None = None
    #: The bank's own references of this very item; they tell two alike items of a message apart.
    references: tuple[str, ...] = ()
    #: None: the file names none (pain.002 may leave it out); then that of the collection counts.
    amount: PositiveMoney | None = None
    reason_code: Id | None = None
    reason_proprietary: Id | None = None
    reason_text: Text | None = None
    at: dt.datetime | None = None
    #: The day the collection was asked for; only pain.002 says so.
    collected_on: dt.date | None = None
    debtor_country: Country | None = None
    debtor_name: Text | None = None
    #: A digest: who looks at a list needs no account number.
    debtor_account: str | None = None
    charge: Money | None = None


class SetAside(Data):
    """A row that cannot be used; somebody has to look at it. `code` is short, `why` for people."""

    line: int
    position: str
    code: str
    why: str


class Ignored(Data):
    """A row that is none of our business: `success`, `credit`, `booking`, …"""

    because: str


Row = ReturnedDebit | SetAside | Ignored


class Unusable(Exception):
    """Raised while a row is read: it becomes a SetAside."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


def guarded(line: int, position: str, read: Callable[[], Row]) -> Row:
    """What `read` gives; a row that is Unusable or out of bounds is set aside."""
    try:
        return read()
    except Unusable as error:
        return SetAside(line=line, position=position, code=error.code, why=error.why)
    except ValidationError as error:
        fields = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
        why = f"Not usable: {', '.join(fields) or 'the item'}."
        return SetAside(line=line, position=position, code="invalid", why=why)
