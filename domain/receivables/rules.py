"""Claims fees where the law allows them, and owes the letters they rest on.

Letters are written and fees arise only at the turn of a day where the customer lives, by a timer:
whatever the day brought, in whatever order, is known by then. What becomes known later only ever
lowers a fee.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.calendar import start_of_day
from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import Action, FeeWaived
from domain.receivables import claiming, following, items, lapsing, letters
from domain.receivables.basis import blocked
from domain.receivables.candidates import candidates, next_ripe, today_of
from domain.receivables.waiving import waive

_PART = "receivables|"
_OF_DAYS = (f"{_PART}fee|", f"{_PART}charge")
_DAY = dt.timedelta(days=1)


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    del ce_id
    return waive(work, data) if isinstance(data, FeeWaived) else None


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    rules, kept = work.policy.charges, work.state.receivables
    if work.state.profile is None or (kept.is_empty and rules.is_silent and not rules.allocation):
        return
    if kept.letters:
        following.follow(work)
    if _is_time(work):
        _assess(work)
    kept = work.state.receivables
    mark = items.mark(work)
    if mark != kept.checked:
        fees = claiming.corrected(work)
        letters.put(work, fees=fees, checked=mark)
        items.mirror(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Instants at which `conclude` has something to do without an event.

    `receivables|fee|<letter>`: its term is over; `receivables|charge`: something may be charged or
    a letter written. What is ripe already waits for the next midnight. `receivables|letter`: one
    that was taken back, say, names what may not be asked for since: it is made exact at once.
    `receivables|lost`: a reminder that a fee needed has been given up for lost.
    """
    profile, kept = work.state.profile, work.state.receivables
    if profile is None or (not kept.letters and work.policy.charges.is_silent):
        return
    today, zone = today_of(work, profile.facts), profile.facts.timezone
    tomorrow = start_of_day(today + _DAY, zone)
    for key, letter in kept.letters.items():
        ends = letters.term_of(work, key, letter) if letter.ended is None else None
        if ends is not None and (ends > work.now or not blocked(work, tuple(letter.items))):
            yield f"{_PART}fee|{key}", ends if ends > work.now else tomorrow
    if any(following.is_stale(work, key, one) for key, one in kept.letters.items()):
        yield f"{_PART}letter", work.now
    if kept.fees and work.policy.delivery.receipts and items.mark(work) != kept.checked:
        yield f"{_PART}lost", work.now  # a reminder whose silence was taken for a loss just now
    if _is_any_ripe(work):
        yield f"{_PART}charge", tomorrow
    else:
        ripe = next_ripe(work)
        if ripe is not None:
            yield f"{_PART}charge", start_of_day(ripe, zone)


def _is_time(work: Work) -> bool:
    """Whether one of our own timers of a day's turn has come."""
    timers = work.state.timers.items()
    return any(name.startswith(_OF_DAYS) and at <= work.now for name, at in timers)


def _is_any_ripe(work: Work) -> bool:
    """Whether the next midnight has a letter to write or a fee to claim."""
    found = candidates(work)
    if any(one.statute.letter is not None for one in found):
        return True
    return bool(claiming.flat_claims(work, found) or claiming.uncharged_returns(work))


def _assess(work: Work) -> None:
    lapsing.claim_lapsed(work)
    found = candidates(work)
    claiming.claim_flat(work, found)
    claiming.claim_returns(work)
    letters.prepare(work, (one for one in found if one.statute.letter is not None))
