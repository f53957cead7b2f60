"""Sends notices: through the gate, after a last look where they ask for money."""

from __future__ import annotations

import datetime as dt

from domain.collections.state import Message, NotSent
from domain.collections.wording import Unwritable, is_wordless
from domain.collections.work import Work
from domain.compliance.gate import Verdict, Wish, ask
from domain.effects import Publish, RequestLook
from domain.events.outputs import LastLook
from domain.notices.owing import SETTLED, still_asks
from domain.notices.state import Notice, NoticeSent
from domain.notices.writing import build_notice
from domain.templates.kinds import LONG, is_long_only

#: What the reference of a notice's look begins with.
NOTICE_LOOK = "notice|"
GIVEN_UP = "given_up"


def advance(work: Work) -> None:
    """Move every notice that is owed as far as it may go without a look."""
    for key, notice in work.state.notices.owed.items():
        if notice.until is not None and notice.until <= work.now:
            _give_up(work, key, notice)
        elif notice.status == "looking" or notice.due <= work.now or notice.status == "held":
            _try(work, key, notice)


def decide(work: Work, ref: str, last_look: tuple[LastLook, ...]) -> None:
    """The log has been read far enough: send the notice, or hold, defer or drop it."""
    key = ref.removeprefix(NOTICE_LOOK)
    notice = work.state.notices.owed.get(key)
    if notice is None or notice.status != "looking":
        return  # settled, given up or held since: what ended it has been recorded
    verdict = _verdict(work, key, notice)
    if verdict is not None:
        _send(work, key, notice, verdict, last_look)


def _try(work: Work, key: str, notice: Notice) -> None:
    if notice.status == "looking":
        if not still_asks(work, notice):
            _end(work, key, notice, SETTLED)
        return
    verdict = _verdict(work, key, notice)
    if verdict is None:
        return
    if not notice.asks_for_money:
        _send(work, key, notice, verdict, None)
        return
    if is_wordless(notice.because) and _written(work, key, notice, verdict, None) is None:
        return  # no template still: a look would change nothing
    work.effects.append(RequestLook(NOTICE_LOOK + key))
    _put(work, key, notice.model_copy(update={"status": "looking", "because": None}))


def _verdict(work: Work, key: str, notice: Notice) -> Verdict | None:
    """The gate's permission; None when it was held, deferred or dropped, which is recorded."""
    if not still_asks(work, notice):
        _end(work, key, notice, SETTLED)
        return None
    if notice.asks_for_money and notice.currency in work.ledger.provisional:
        _hold(work, key, notice, Verdict("deny", "provisional_payment", "provisional_payment"))
        return None
    verdict = ask(work, _wish(key, notice))
    if verdict.action == "allow":
        return verdict
    if verdict.action == "defer" and verdict.until is not None:
        _defer(work, key, notice, verdict, verdict.until)
    else:
        _hold(work, key, notice, verdict)
    return None


def _wish(key: str, notice: Notice) -> Wish:
    channels = notice.channels
    if is_long_only(notice.kind):
        channels = tuple(one for one in channels if one in LONG) or LONG
    return Wish(
        purpose=notice.purpose,
        kind=notice.kind,
        what=key,
        currency=notice.currency,
        invoice_ids=notice.invoice_ids,
        tried=notice.tried,
        channels=channels,
        at_once=notice.at_once,
        whole=notice.is_whole,
    )


def _send(
    work: Work,
    key: str,
    notice: Notice,
    verdict: Verdict,
    last_look: tuple[LastLook, ...] | None,
) -> None:
    written = _written(work, key, notice, verdict, last_look)
    if written is None:
        return
    publish, message = written
    work.effects.append(publish)
    limits, notices = work.policy.limits, work.state.notices
    kept = work.state.messages[-limits.messages_max + 1 :]
    gone = NoticeSent(
        kind=notice.kind,
        message_id=message.message_id,
        channel=message.channel,
        at=work.now,
        notice=notice.model_copy(update={"status": "waiting", "because": None}),
    )
    sent = _newest(work, limits.notices_max - 1)
    owed = {name: one for name, one in notices.owed.items() if name != key}
    work.set(
        messages=(*kept, message),
        notices=notices.model_copy(update={"owed": owed, "sent": {**sent, key: gone}}),
    )


def _written(
    work: Work,
    key: str,
    notice: Notice,
    verdict: Verdict,
    last_look: tuple[LastLook, ...] | None,
) -> tuple[Publish, Message] | None:
    """The notice; None when it can't be written, which holds it."""
    try:
        return build_notice(work, key, notice, verdict, last_look)
    except Unwritable as fault:
        _hold(work, key, notice, Verdict("deny", str(fault), "words"))
        return None


def _newest(work: Work, count: int) -> dict[str, NoticeSent]:
    """What was sent before, the oldest forgotten; and of what is long past, what it was."""
    days = dt.timedelta(days=work.policy.delivery.returns_days)
    return {
        key: gone if work.now - gone.at <= days else gone.model_copy(update={"notice": None})
        for key, gone in list(work.state.notices.sent.items())[-count:]
    }


def _give_up(work: Work, key: str, notice: Notice) -> None:
    """Too late to be of use. What stood in its way to the end is what people want to know."""
    because = notice.because or "too_late"
    _end(work, key, notice, GIVEN_UP, said=f"{GIVEN_UP}:{because}")


def _end(work: Work, key: str, notice: Notice, because: str, said: str = "") -> None:
    """Owed no longer, and never sent. One that was not due yet ends without a word."""
    if notice.due <= work.now or notice.because is not None:
        _note(work, notice, said or because)
    notices = work.state.notices
    owed = {name: one for name, one in notices.owed.items() if name != key}
    ended = list(notices.ended.items())[-work.policy.limits.notices_max + 1 :]
    work.set(
        notices=notices.model_copy(update={"owed": owed, "ended": {**dict(ended), key: because}})
    )


def _hold(work: Work, key: str, notice: Notice, verdict: Verdict) -> None:
    if (notice.status, notice.because) != ("held", verdict.because):
        _note(work, notice, verdict.because, verdict)
        held = {"status": "held", "because": verdict.because}
        _put(work, key, notice.model_copy(update=held))


def _defer(work: Work, key: str, notice: Notice, verdict: Verdict, until: dt.datetime) -> None:
    if (notice.status, notice.because) != ("waiting", verdict.because):
        _note(work, notice, verdict.because, verdict)
    later = {"status": "waiting", "because": verdict.because, "due": until}
    _put(work, key, notice.model_copy(update=later))


def _put(work: Work, key: str, notice: Notice) -> None:
    notices = work.state.notices
    owed = {**notices.owed, key: notice}
    work.set(notices=notices.model_copy(update={"owed": owed}))


def _note(work: Work, notice: Notice, because: str, verdict: Verdict | None = None) -> None:
    work.note_not_sent(
        NotSent(
            at=work.now,
            because=because,
            kind=notice.kind,
            currency=notice.currency,
            deferred_to=verdict.until if verdict else None,
            channel=verdict.channel if verdict else None,
            rule=(verdict.rule or None) if verdict else None,
            version=(verdict.version or None) if verdict else None,
        )
    )
