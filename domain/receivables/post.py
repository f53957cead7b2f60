"""When a letter was received, and when its term is over: days where the reader lives."""

from __future__ import annotations

import datetime as dt

from domain.arrangements.pauses import paused_days
from domain.calendar import easter, local_date, start_of_day
from domain.collections.state import CustomerState
from domain.notices.state import NoticeSent
from domain.receivables.statutes import LetterTerms, Post

_DAY = dt.timedelta(days=1)
#: A term that is paused for longer has no end yet: the pause is what counts.
_PAUSED_MAX = 400


def is_delivery_day(post: Post, day: dt.date) -> bool:
    """Whether the post brings letters."""
    if day.weekday() in post.closed_weekdays or f"{day:%m-%d}" in post.holidays:
        return False
    return (day - easter(day.year)).days not in post.easter_days


def brought_on(post: Post, posted_on: dt.date) -> dt.date:
    """The day on which a letter is taken to have been received."""
    day = posted_on
    for _ in range(post.delivery_days):
        day += _DAY
        while not is_delivery_day(post, day):
            day += _DAY
    return day


def received_on(terms: LetterTerms, gone: NoticeSent, zone: str) -> dt.date | None:
    """The local day of receipt; None without proof of it, or when it came back.

    A receipt is the proof. A letter counts from the later of what the receipt of its posting
    gives and the days of delivery of the statute.
    """
    if gone.failed or gone.delivered_at is None:
        return None
    day = local_date(gone.delivered_at, zone)
    if gone.channel == "letter":
        posted = getattr(gone, "posted_at", None) or gone.at
        day = max(day, brought_on(terms.post, local_date(posted, zone)))
    return day


def term_ends(
    state: CustomerState, terms: LetterTerms, received: dt.date, zone: str
) -> dt.datetime | None:
    """The local midnight after the last day of the term: from then on a fee may be owed.

    The first day is the one after receipt. Days that are paused do not count; None as long as a
    pause without an end has stopped them.
    """
    first = received + _DAY
    wanted = terms.days + terms.grace_days
    ends = first + wanted * _DAY
    while True:
        paused = paused_days(state, ends, first)
        if paused > _PAUSED_MAX:
            return None
        if first + (wanted + paused) * _DAY == ends:
            return start_of_day(ends, zone)
        ends = first + (wanted + paused) * _DAY
