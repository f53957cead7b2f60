"""When two reports speak of the same debit that came back: the same file twice, camt.054 and 053.

The end-to-end id names a collection, and a collection comes back once: so it counts before every
place in a file. Creditors who use an id for several attempts are told apart by time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from connectors.bank.items import ReturnedDebit
from domain.money import PositiveMoney

#: Reports of one return come within days; a further attempt takes a return and a notice first.
_DAYS_APART_MAX = 10
#: The day a collection was asked for and the day it was made differ by a weekend at most.
_COLLECTED_APART_MAX = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a return, as far as a further report of it is concerned."""

    return_id: str
    number: int
    state: str
    mandate_id: str | None
    at: dt.datetime
    collected_on: dt.date | None


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=15).hexdigest()


def likeness_of(item: ReturnedDebit, file_id: str) -> str:
    """What all reports of one return have in common."""
    if item.end_to_end_id is not None:
        return _digest("end-to-end", item.end_to_end_id)
    amount = f"{item.amount.minor} {item.amount.currency}" if item.amount else ""
    day = item.at.date().isoformat() if item.at else ""
    who = (item.mandate_id or "", item.debtor_account or item.debtor_name or "")
    if any(who):
        return _digest("item", *who, amount, day)
    # Nobody could say whose it is: at least the same file twice is the same.
    return _digest("place", *(item.references or (file_id, item.position)), amount, day)


def is_same(known: Known, item: ReturnedDebit, at: dt.datetime) -> bool:
    """Whether `item`, which is alike, reports what is known. Amounts may differ by charges."""
    if known.mandate_id and item.mandate_id and known.mandate_id != item.mandate_id:
        return False
    if known.collected_on is not None and item.collected_on is not None:
        return abs((known.collected_on - item.collected_on).days) <= _COLLECTED_APART_MAX
    return abs((known.at - at).days) <= _DAYS_APART_MAX


class Occurrences:
    """Which of several alike items of one message an item is: 0, 1, …

    Entry 1, item 11 and entry 11, item 1 are two, whatever they are numbered; but one collection
    that a message names twice is one, unless the bank's references or the amounts differ.
    """

    def __init__(self) -> None:
        self._message = ""
        self._seen: dict[tuple[str, str | None], list[_Marks]] = {}

    def of(self, item: ReturnedDebit, likeness: str) -> int:
        """To be asked for every item of a file, in order."""
        message = _message_of(item)
        if message != self._message:
            self._message, self._seen = message, {}
        seen = self._seen.setdefault((likeness, item.mandate_id), [])
        marks = (item.references, item.amount)
        for number, before in enumerate(seen):
            if _is_repeated(before, marks, named=item.end_to_end_id is not None):
                return number
        seen.append(marks)
        return len(seen) - 1


_Marks = tuple[tuple[str, ...], PositiveMoney | None]


def _is_repeated(before: _Marks, now: _Marks, *, named: bool) -> bool:
    """Without an end-to-end id only the bank's own reference shows a repetition."""
    if before[1] != now[1]:
        return False
    both_have_references = bool(before[0] and now[0])
    return before[0] == now[0] if both_have_references else named


def _message_of(item: ReturnedDebit) -> str:
    return item.position.split(", entry ")[0].split(", item ")[0]


class Taken:
    """Which known returns the items of one message speak of, so that none stands for two of them.

    Counting alone does not tell: a month's statement names alike returns weeks apart, of which
    each has only itself near in time.
    """

    def __init__(self) -> None:
        #: Message -> (likeness, number) -> by which count the message has called it.
        self._called: dict[str, dict[tuple[str, int], int]] = {}
        self._message = ""

    def choose(
        self, item: ReturnedDebit, likeness: str, occurrence: int, same: Sequence[Known],
        at: dt.datetime,
    ) -> Known | None:  # fmt: skip
        """The one of `same` that the item reports; None when all are other items'."""
        called = self._called.get(_message_of(item), {})
        free = [one for one in same if called.get((likeness, one.number), occurrence) == occurrence]

        def fits(one: Known) -> tuple[bool, dt.timedelta, int]:
            # What the message has called by this count before is that one again.
            return (likeness, one.number) not in called, abs(one.at - at), one.number

        return min(free, key=fits, default=None)

    def take(self, item: ReturnedDebit, likeness: str, occurrence: int, number: int) -> None:
        """Note that the item is that return."""
        self._message = _message_of(item)
        self._called.setdefault(self._message, {})[likeness, number] = occurrence

    def settle(self) -> None:
        """A batch is written: only the message that it ended in may go on."""
        self._called = {self._message: self._called.get(self._message, {})}


def return_id_of(likeness: str, number: int) -> str:
    """The id of a return: the same for ever, also of the event it becomes."""
    return _digest("bank-return", likeness, str(number))


def highest(known: Mapping[int, Known]) -> int:
    """The highest number given to alike returns; 0 when there is none."""
    return max(known, default=0)
