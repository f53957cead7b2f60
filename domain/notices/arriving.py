"""What becomes of a notice on its way: arrived, lost and sent again, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.arrangements.plan_notices import INSTALMENT_PAID, PLAN_ENDED
from domain.calendar import after_target_days
from domain.collections.state import Message
from domain.collections.work import Work
from domain.events.base import Channel
from domain.events.customers import Interaction
from domain.notices import silence
from domain.notices.owing import SETTLED, still_asks
from domain.notices.state import Notice, NoticeSent


def arrived(work: Work, message: Message, receipt: Interaction) -> None:
    """A receipt says that it is there; a letter is only with the post, and there days later.

    A mail that a server took from us is only on its way, too: that it arrived is for the provider
    or its reader to say. Terms of law run from there, and nobody may owe a fee sooner.
    """
    key = message.notice
    if key is None:
        return
    notices, at = work.state.notices, max(receipt.at, message.at)
    gone = notices.sent.get(key)
    if gone is None:
        # Taken back, but it had left already: it went out, and is not owed any more.
        gone = _as_sent(message, notices.owed.get(key))
    if gone.message_id != message.message_id or gone.delivered_at is not None:
        return
    is_mailed = message.channel == "email" and silence.is_our_own_word(work)
    if message.channel == "letter" or is_mailed:
        posted = max(at, gone.posted_at or at)
        gone = gone.model_copy(update={"posted_at": posted})
    else:
        gone = gone.model_copy(update={"delivered_at": at})
    _put_sent(work, key, gone)


def take_as_delivered(work: Work) -> None:
    """Letters that the post is taken to have brought by now."""
    for key, gone in work.state.notices.sent.items():
        at = _brought_at(work, gone)
        if at is not None and at <= work.now:
            _put_sent(work, key, gone.model_copy(update={"delivered_at": at}))


def moments(work: Work) -> Iterator[dt.datetime]:
    """When letters on their way are taken as delivered."""
    for gone in work.state.notices.sent.values():
        at = _brought_at(work, gone)
        if at is not None:
            yield at


def owe_again(work: Work, lost: Message, tried: tuple[Channel, ...]) -> None:
    """It did not arrive: owed once more, over a channel that was not tried for it."""
    _owe_again(work, lost, {"tried": tried, "because": None, "status": "waiting"})


def take_back(work: Work, message: Message, because: str) -> None:
    """It was withdrawn: owed once more, unless nothing is left to ask for."""
    key = message.notice or ""
    if because == "sent_again":
        return
    notices = work.state.notices
    if because in {INSTALMENT_PAID, PLAN_ENDED}:  # the plan announces it anew, should it have to
        sent = {name: one for name, one in notices.sent.items() if name != key}
        work.set(notices=notices.model_copy(update={"sent": sent}))
        return
    gone = notices.sent.get(key)
    was = gone.notice if gone is not None else None
    if because != "paid" or (was is not None and still_asks(work, was)):
        # What it had left out is still open: that is asked for once nothing stands in its way.
        _owe_again(work, message, {"because": because, "status": "held"})
        return
    sent = {name: one for name, one in notices.sent.items() if name != key}
    ended = {**notices.ended, key: SETTLED}
    work.set(notices=notices.model_copy(update={"sent": sent, "ended": ended}))


def _owe_again(work: Work, message: Message, changes: dict[str, object]) -> None:
    key, notices = message.notice or "", work.state.notices
    gone = notices.sent.get(key)
    if gone is None or gone.message_id != message.message_id or gone.notice is None:
        return  # sent again since, or what it was is no longer known
    notice = gone.notice.model_copy(update=changes)
    sent = {name: one for name, one in notices.sent.items() if name != key}
    owed = {**notices.owed, key: notice}
    work.set(notices=notices.model_copy(update={"sent": sent, "owed": owed}))


def _as_sent(message: Message, notice: Notice | None) -> NoticeSent:
    return NoticeSent(
        kind=message.kind,
        message_id=message.message_id,
        channel=message.channel,
        at=message.at,
        notice=notice,
    )


def _put_sent(work: Work, key: str, gone: NoticeSent) -> None:
    notices = work.state.notices
    owed = {name: one for name, one in notices.owed.items() if name != key}
    sent = {**notices.sent, key: gone}
    work.set(notices=notices.model_copy(update={"owed": owed, "sent": sent}))


def _brought_at(work: Work, gone: NoticeSent) -> dt.datetime | None:
    if gone.channel != "letter" or gone.posted_at is None or gone.delivered_at is not None:
        return None
    return after_target_days(gone.posted_at, work.policy.delivery.post_days(work.now.date()))
