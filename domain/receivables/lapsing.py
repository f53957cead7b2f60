"""What a letter comes to when its term is over: a fee, nothing, or a wait."""

from __future__ import annotations

import datetime as dt

from domain.arrangements.blocking import askable
from domain.collections.work import Work
from domain.receivables import letters
from domain.receivables.basis import (
    BELOW_TOLERANCE,
    blocked,
    forbidden,
    is_too_little,
    standing,
)
from domain.receivables.claiming import add, base_of, new_fee, start_of_today
from domain.receivables.principal import open_before
from domain.receivables.state import Letter, Refusal
from domain.receivables.statutes import Statute


def claim_lapsed(work: Work) -> None:
    """A fee for each letter whose term is over and whose debt still stands, if nothing forbids."""
    for key, letter in work.state.receivables.letters.items():
        ends = letters.term_of(work, key, letter) if letter.ended is None else None
        if ends is None or ends > work.now:
            continue
        because = forbidden(work)
        if because is not None:
            letters.hold(work, key, letter, because)
        else:
            _claim(work, key, letter, start_of_today(work) if letter.held else ends)


def _claim(work: Work, key: str, letter: Letter, as_of: dt.datetime) -> None:
    """A fee on what is free. A letter is used once: on the rest none arises from it, nor later.

    A second claim of what was announced as one would come to more than the law allows for it.
    """
    fees, codes = work.state.receivables.fees, work.policy.return_codes
    named = base_of(letter, open_before(work.state, as_of, fees, codes))
    left = standing(work, named)
    free = askable(work, left, "fee")
    base = {name: named[name] for name in free}
    rest = {name: named[name] for name in left if name not in free}
    statute = letters.row_of(work, letter)
    because = blocked(work, tuple(rest)) if rest else None
    if not left:  # written off, handed over or time-barred meanwhile; or all of it paid
        letters.end(work, key, letter, "gone" if named else "paid")
    elif letter.charge not in work.policy.charges.by_id or statute is None:
        letters.end(work, key, letter, "gone")
        letters.note(work, "charge_abolished", letter.currency)
    elif is_too_little(work, letter.currency, sum(base.values())) or not base:
        if because is not None:
            letters.hold(work, key, letter, because)
        else:
            letters.end(work, key, letter, "gone")
            letters.note(work, BELOW_TOLERANCE, letter.currency)
    else:
        letters.end(work, key, letter, "claimed")
        _claim_on(work, key, letter, statute, base, as_of)
        if because is not None:
            _forgo(work, letter, rest, because)


def _claim_on(
    work: Work,
    key: str,
    letter: Letter,
    statute: Statute,
    base: dict[str, int],
    as_of: dt.datetime,
) -> None:
    cost = min(letter.cost, letters.cost_for(letter, statute, base).total)
    if cost:
        fee = new_fee(work, letter.charge, letter.currency, tuple(base), as_of)
        row = {"statute": letter.statute, "valid_from": letter.valid_from, "letter": key}
        add(work, fee.model_copy(update=row | {"stated": cost, "amount": cost}))


def _forgo(work: Work, letter: Letter, rest: dict[str, int], because: str) -> None:
    letters.refuse(
        work,
        Refusal(
            at=work.now,
            charge=letter.charge,
            currency=letter.currency,
            because=because,
            items=rest,
        ),
    )
