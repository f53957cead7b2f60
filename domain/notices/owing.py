"""How any part of the business asks for a notice; `domain/notices/sending.py` sends it."""

from __future__ import annotations

from domain.collections.work import Work
from domain.notices.state import Notice, NoticeSent


def owe(work: Work, key: str, notice: Notice) -> None:
    """Owe a notice under `key`. One that is owed or was sent under it already stays as it is."""
    notices = work.state.notices
    if key not in notices.owed and key not in notices.sent:
        owed = {**notices.owed, key: notice}
        work.set(notices=notices.model_copy(update={"owed": owed}))


def drop(work: Work, key: str) -> None:
    """No longer owed: it has not gone out and will not."""
    notices = work.state.notices
    if key in notices.owed:
        owed = {name: notice for name, notice in notices.owed.items() if name != key}
        work.set(notices=notices.model_copy(update={"owed": owed}))


def sent(work: Work, key: str) -> NoticeSent | None:
    """What is known of the notice, once it has gone out."""
    return work.state.notices.sent.get(key)
