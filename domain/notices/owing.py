"""How any part of the business asks for a notice; `domain/notices/sending.py` sends it."""

from __future__ import annotations

from domain.collections.work import Work
from domain.notices.state import Notice, NoticeSent

#: Why a notice that asked for money was dropped: what it named was settled.
SETTLED = "nothing_open"


def owe(work: Work, key: str, notice: Notice) -> None:
    """Owe a notice under `key`. One that is owed, was sent or was given up under it stays so.

    One that was dropped because nothing was open is owed again once something is.
    """
    notices = work.state.notices
    if key in notices.owed or key in notices.sent:
        return
    ended = notices.ended
    if key in ended:
        if ended[key] != SETTLED or not still_asks(work, notice):
            return
        ended = {name: because for name, because in ended.items() if name != key}
    owed = {**notices.owed, key: notice}
    work.set(notices=notices.model_copy(update={"owed": owed, "ended": ended}))


def drop(work: Work, key: str) -> None:
    """No longer owed: it has not gone out and will not."""
    notices = work.state.notices
    if key in notices.owed:
        owed = {name: notice for name, notice in notices.owed.items() if name != key}
        work.set(notices=notices.model_copy(update={"owed": owed}))


def reword(work: Work, key: str, values: dict[str, str]) -> None:
    """What waits says what is so when it leaves: sums have changed since it was owed."""
    notices = work.state.notices
    waiting = notices.owed.get(key)
    if waiting is not None and waiting.values != values:
        owed = {**notices.owed, key: waiting.model_copy(update={"values": values})}
        work.set(notices=notices.model_copy(update={"owed": owed}))


def sent(work: Work, key: str) -> NoticeSent | None:
    """What is known of the notice, once it has gone out."""
    return work.state.notices.sent.get(key)


def still_asks(work: Work, notice: Notice) -> bool:
    """Whether anything it asks for is open; one that names nothing asks for its currency's."""
    if not notice.asks_for_money:
        return True
    invoices, is_open = work.state.invoices, work.ledger.open
    if notice.invoice_ids:
        return any(is_open.get(key) for key in notice.invoice_ids)
    return any(
        minor and key in invoices and invoices[key].facts.amount.currency == notice.currency
        for key, minor in is_open.items()
    )
