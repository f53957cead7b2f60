"""Which debts a message may ask for now: ours, kept back by no agreement, and not time-barred."""

from __future__ import annotations

from typing import NamedTuple

from domain.arrangements.blocking import askable, blocks
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.forbidding import Refusal
from domain.compliance.limitation import barred

ARRANGEMENT = "arrangement"
GIVEN_UP = "given_up"
TIME_BARRED = "time_barred"


class Nameable(NamedTuple):
    """Those that may be named; or why none may be."""

    invoice_ids: tuple[str, ...] = ()
    refusal: Refusal | None = None


def nameable(
    work: Work, book: Book, invoice_ids: tuple[str, ...], kind: str, *, whole: bool = False
) -> Nameable:
    """What of the wished may be asked for; the refusal if nothing, or of a `whole` not all.

    What a collector has is the collector's to ask for, whatever was agreed before: it comes first.
    """
    wanted = tuple(key for key in invoice_ids if work.ledger.open.get(key)) or invoice_ids
    given_up = work.state.case.given_up
    ours = tuple(key for key in wanted if key not in given_up)
    if len(ours) < len(wanted) and (whole or not ours):
        lost = next(key for key in wanted if key in given_up)
        return Nameable(refusal=(given_up[lost].kind, GIVEN_UP))
    named, agreed = askable(work, ours, kind), blocks(work, ours, kind)
    if agreed is None and whole and len(named) < len(ours):
        agreed = blocks(work, tuple(key for key in ours if key not in named), kind)
    if agreed is not None:
        return Nameable(refusal=(agreed, ARRANGEMENT))
    late = barred(work.state, work.ledger, book, named, work.now.date()) if named else {}
    left = tuple(key for key in named if key not in late)
    if late and (whole or not left):
        return Nameable(refusal=(TIME_BARRED, next(iter(late.values())).rule))
    return Nameable(left)
