"""Moves the steps of reminders: later by the days of a pause, or on at once when one ends."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.arrangements.pauses import paused_days, running_pause, today_of, zone_of
from domain.arrangements.saying import say
from domain.calendar import same_local_time
from domain.collections.chase import mark_case
from domain.collections.state import LOST, Chase, Slot
from domain.collections.work import Work
from domain.events.agreements import PauseChanged
from domain.identity import digest


def follow_pauses(work: Work) -> None:
    """Note that a pause has begun; when it is over, everything goes on where it stood."""
    agreed = work.state.arrangements
    pause, since = running_pause(work.state, work.now), agreed.paused_since
    if pause is not None:
        if since is None:
            # Until today the steps' time ran on: days granted for the past are not given twice.
            since = max(pause[0], today_of(work.state, work.now))
            _remember(work, since)
            _say(work, "pause.begun.v1", since, 0)
    elif since is not None:
        days = paused_days(work.state, today_of(work.state, work.now), since)
        for currency in sorted(work.state.chases):
            _shift(work, currency, days)
        _remember(work, None)
        _say(work, "pause.ended.v1", since, days)


def _remember(work: Work, since: dt.date | None) -> None:
    agreed = work.state.arrangements
    work.set(arrangements=agreed.model_copy(update={"paused_since": since}))


def _say(work: Work, ce_type: str, since: dt.date, days: int) -> None:
    customer_id = work.state.customer_id
    data = PauseChanged(customer_id=customer_id, since=since, days=days, at=work.now)
    say(work, ce_type, data, since.isoformat(), work.now.isoformat())


def _shift(work: Work, currency: str, days: int) -> None:
    """A step planned in three days when the pause begins comes three days after it ends.

    What was due before, or has only come up meanwhile, is due now: nothing of its time is left.
    """
    chase, zone = work.state.chases[currency], zone_of(work.state)
    if chase.first_sent_at is None:
        return
    changes: dict[str, Any] = {"first_sent_at": same_local_time(chase.first_sent_at, days, zone)}
    step = chase.step
    if step is not None:
        planned = same_local_time(step.planned, days, zone)
        changes["step"] = Slot(step=step.step, planned=planned, due=planned, tried=step.tried)
    work.put_chase(currency, chase.model_copy(update=changes))


def _apart(work: Work, currency: str) -> dt.datetime:
    """Now, but not at the heels of the last reminder: what ended may be another debt's."""
    hours = dt.timedelta(hours=work.policy.at(work.now).join_hours)
    sent = (
        message.at
        for message in work.state.messages
        if message.kind == "reminder" and message.currency == currency and message.state not in LOST
    )
    return max((at + hours for at in sent if at + hours > work.now), default=work.now)


def resume_now(work: Work, currency: str) -> None:
    """The next step is due at once: what it waited for has not happened."""
    chase = work.state.chases.get(currency)
    if chase is None or chase.step is None or chase.step.status == "looking":
        return
    soon = _apart(work, currency)
    if chase.step.planned > soon:
        step = chase.step.model_copy(update={"planned": soon, "due": soon})
        work.put_chase(currency, chase.model_copy(update={"step": step}))


def restart(work: Work, currency: str, because: str, caused_by: str) -> None:
    """The reminders of a currency begin anew: the first step is due at once."""
    chase = work.state.chases.get(currency)
    if chase is None:
        return  # what is due opens one by itself
    soon = _apart(work, currency)
    again: Chase = chase.model_copy(
        update={
            "sequence": digest(
                work.state.customer_id, currency, caused_by, because, work.now.isoformat()
            ),
            "opened_at": work.now,
            "caused_by": caused_by,
            "first_sent_at": None,
            "step": Slot(step=1, planned=soon, due=soon),
            "again": None,
        }
    )
    work.put_chase(currency, mark_case(work, again, "opened", because))
