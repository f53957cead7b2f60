"""The days on which a retry could be collected, why each, and which one the ladder takes."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from domain.calendar import at_local, is_target_day, next_target_day
from domain.debits.policy import ChallengerModel, DayReason, LadderStep, Payday, RetryNumbers
from domain.events.debits import Challenger

_DAY = dt.timedelta(days=1)
#: TARGET keeps Frankfurt's days and hours.
ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A banking day, when a collection then is decided and until when it is taken back."""

    day: dt.date
    submit_at: dt.datetime
    cut_off: dt.datetime
    reasons: tuple[DayReason, ...]


def previous_target_day(day: dt.date) -> dt.date:
    """`day` itself or the last TARGET day before it."""
    while not is_target_day(day):
        day -= _DAY
    return day


def submission_day(day: dt.date, target_days: int) -> dt.date:
    """The day on which a collection on `day` is asked for."""
    for _ in range(target_days):
        day = previous_target_day(day - _DAY)
    return day


def candidates(
    numbers: RetryNumbers,
    earliest: dt.date,
    latest: dt.date,
    payday: Payday | None,
    now: dt.datetime,
) -> tuple[Candidate, ...]:
    """Every TARGET day from `earliest` to `latest` that can still be submitted, in order."""
    found: list[Candidate] = []
    day = next_target_day(earliest)
    while day <= latest:
        submitted_on = submission_day(day, numbers.submit_target_days)
        cut_off = at_local(submitted_on, numbers.cut_off, ZONE)
        if cut_off > now:
            reasons = list(_reasons(day, payday))
            if not found:
                reasons.append("soonest")
            submit_at = at_local(submitted_on, numbers.submit_at, ZONE)
            found.append(Candidate(day, submit_at, cut_off, tuple(reasons)))
        day = next_target_day(day + _DAY)
    return tuple(found)


def _reasons(day: dt.date, payday: Payday | None) -> Iterator[DayReason]:
    if payday is not None:
        around = [_payday_in(day, months, payday) for months in (-1, 0, 1)]
        if day in around:
            yield "payday"
        if day in {next_target_day(one + _DAY) for one in around}:
            yield "after_payday"
    if day == next_target_day(day.replace(day=1)):
        yield "month_start"


def _payday_in(day: dt.date, months: int, payday: Payday) -> dt.date:
    """The payday of the month of `day`, so many months on, as a banking day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    wanted = dt.date(year, month + 1, min(payday.day, last))
    before = payday.roll == "before"
    return previous_target_day(wanted) if before else next_target_day(wanted)


def choose(step: LadderStep, offered: tuple[Candidate, ...]) -> Candidate | None:
    """The first preference that any day answers, and of those days the first."""
    for reason in step.prefers:
        for candidate in offered:
            if reason in candidate.reasons:
                return candidate
    return offered[0] if offered else None


def challenge(model: ChallengerModel | None, offered: tuple[Candidate, ...]) -> Challenger | None:
    """What a model that does not decide would have taken: kept beside the ladder's choice."""
    if model is None or not offered:
        return None
    first = offered[0].day

    def score(candidate: Candidate) -> tuple[int, int]:
        points = sum(model.points.get(reason, 0) for reason in candidate.reasons)
        waits = (candidate.day - first).days
        return points + waits * model.points_per_day, -waits

    return Challenger(name=model.name, collect_on=max(offered, key=score).day)
