"""When a customer may be written to: the daily window less their quiet hours, where they live."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from domain.calendar import openings
from domain.collections.work import Work
from domain.identity import number


class Window(NamedTuple):
    """The window that is open or opens next; `starts` lies in the future when it is closed now."""

    starts: dt.datetime
    ends: dt.datetime
    #: When to try, if it is closed now: within ten minutes of the opening, by hash.
    try_at: dt.datetime

    def is_open(self, now: dt.datetime) -> bool:
        """Whether messages may leave now."""
        return self.starts <= now


def window_of(work: Work, what: str) -> Window | None:
    """The customer's window; None when their quiet hours leave none. `what` is hashed too."""
    profile = work.state.profile
    if profile is None:
        return None
    facts, numbers = profile.facts, work.policy.at(work.now)
    quiet = facts.preferences.quiet_hours if facts.preferences else None
    spans = openings(work.now, facts.timezone, numbers.window_opens, numbers.window_closes, quiet)
    for starts, ends in spans:
        room = min(numbers.spread_seconds, int((ends - starts).total_seconds()))
        delay = number(work.state.customer_id, what, starts.isoformat()) % max(room, 1)
        return Window(starts, ends, starts + dt.timedelta(seconds=delay))
    return None
