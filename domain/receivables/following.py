"""Follows letters: exact until they leave, then as they were sent, until they come back."""

from __future__ import annotations

from domain.arrangements.blocking import askable
from domain.collections.channels import choose
from domain.collections.state import LOST
from domain.collections.work import Work
from domain.notices.owing import drop
from domain.notices.state import Notice, NoticeSent
from domain.receivables.basis import is_too_little, standing
from domain.receivables.letters import (
    cost_for,
    end,
    gone_of,
    note,
    notice_for,
    put_letter,
    row_of,
)
from domain.receivables.state import Letter
from domain.receivables.statutes import Statute

_BOUNCED = "letter_bounced"
_RETURNED = LOST - {"withdrawn"}


def follow(work: Work) -> None:
    """Keep unsent letters exact, and notice what became of those that are out."""
    for key, letter in work.state.receivables.letters.items():
        if letter.ended == "claimed":
            if _has_come_back(work, key, letter):
                _take_back(work, key, letter)
            continue
        if letter.ended is not None:
            continue
        gone = gone_of(work, key, letter)
        if gone is None:
            _keep_exact(work, key, letter)
        elif _has_come_back(work, key, letter):
            _take_back(work, key, letter)
        elif gone != letter.gone:
            put_letter(work, key, _as_sent(work, letter, gone))


def is_stale(work: Work, key: str, letter: Letter) -> bool:
    """Whether an unsent letter, as it stands, names anything else than it may."""
    if letter.ended is not None or gone_of(work, key, letter) is not None:
        return False
    return key not in work.state.notices.owed or _nameable(work, letter) != letter.items


def _has_come_back(work: Work, key: str, letter: Letter) -> bool:
    """Whether a letter that was out has not been received after all.

    It is owed once more; or it was out for so long that nobody sends it again.
    """
    if key in work.state.notices.owed:
        return True
    gone = gone_of(work, key, letter)
    if gone is None:
        return False
    ours = (one for one in work.state.messages if one.message_id == gone.message_id)
    return gone.failed or any(one.state in _RETURNED for one in ours)


def _take_back(work: Work, key: str, letter: Letter) -> None:
    """Its days have not begun: a fee that counted from it falls, and another letter may follow."""
    drop(work, key)
    end(work, key, letter.model_copy(update={"bounced": True}), "gone")
    note(work, _BOUNCED, letter.currency)


def _as_sent(work: Work, letter: Letter, gone: NoticeSent) -> Letter:
    """It names what the message named, and costs no more than it said."""
    changed = letter.model_copy(update={"gone": gone, "aside": ()})
    sent = next((one for one in work.state.messages if one.message_id == gone.message_id), None)
    statute = row_of(work, letter)
    if sent is None or statute is None:
        return changed
    named = {key: minor for key, minor in letter.items.items() if key in sent.invoice_ids}
    if not named or named == letter.items:
        return changed
    cost = cost_for(letter, statute, named)
    less = {"cost": cost.total, "vat": cost.vat} if cost.total < letter.cost else {}
    return changed.model_copy(update={"items": named, **less})


def _keep_exact(work: Work, key: str, letter: Letter) -> None:
    """Not out yet: it names what is open and may be asked for now, with the cost of exactly that.

    What may not be is put aside; where nothing is left to announce the letter is not sent.
    """
    owed = work.state.notices.owed.get(key)
    statute = row_of(work, letter)
    items = _nameable(work, letter)
    cost = None
    if statute is not None and statute.letter is not None and items:
        cost = cost_for(letter, statute, items)
    # Without a cost there is nothing to announce: no letter over a fee of nothing.
    if owed is None or statute is None or cost is None or not cost.total:
        drop(work, key)
        end(work, key, letter, "gone")
        return
    bounced = bool(owed.tried) and not choose(
        work.state, work.policy, "collection", owed.tried, owed.channels
    )
    if bounced and not letter.bounced:
        note(work, _BOUNCED, letter.currency)
    changed = letter.model_copy(update={"items": items, "bounced": bounced, "gone": None})
    if items != letter.items:
        aside = tuple(name for name in _all_of(work, letter) if name not in items)
        amounts = {"cost": cost.total, "vat": cost.vat, "aside": aside}
        changed = changed.model_copy(update=amounts)
        _revise(work, key, owed, changed, statute)
    if changed != letter:
        put_letter(work, key, changed)


def _nameable(work: Work, letter: Letter) -> dict[str, int]:
    """What the letter may name, and what is open of it; nothing within the tolerance.

    Where nothing is free, all of it: the gate holds the letter until that has changed.
    """
    is_open = work.ledger.open
    left = standing(work, (name for name in _all_of(work, letter) if is_open.get(name)))
    named = askable(work, left, "fee") or left
    items = {name: is_open[name] for name in named}
    return {} if is_too_little(work, letter.currency, sum(items.values())) else items


def _all_of(work: Work, letter: Letter) -> list[str]:
    """What it named when it was written, oldest first."""
    invoices = work.state.invoices
    return sorted((*letter.items, *letter.aside), key=lambda key: (invoices[key].facts.due_on, key))


def _revise(work: Work, key: str, owed: Notice, letter: Letter, statute: Statute) -> None:
    again = notice_for(work, letter, statute)
    exact = {"invoice_ids": again.invoice_ids, "values": again.values}
    notices = work.state.notices
    revised = {**notices.owed, key: owed.model_copy(update=exact)}
    work.set(notices=notices.model_copy(update={"owed": revised}))
