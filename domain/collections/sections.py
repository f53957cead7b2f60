"""The further parts of a customer's row, in the order in which they draw their conclusions.

Each part has a package: `state.py` (what the row keeps), `policy.py` (its rule set) and `rules.py`
with `record`, `conclude` and `due`. Adding one: a row here and a field in `CustomerState`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.arrangements import rules as arrangements
from domain.arrangements.pauses import resolve_ends
from domain.cases import rules as cases
from domain.collections import receipts
from domain.collections.work import Work
from domain.compliance import rules as compliance
from domain.debits import rules as debits
from domain.effects import Refuse
from domain.events.actions import Action
from domain.notices import rules as notices
from domain.overdue import rules as overdue
from domain.receivables import rules as receivables

_ALL = (debits, receivables, arrangements, compliance, overdue, notices, cases)


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """Let every part take from an action what is its own; the first refusal ends it."""
    for part in _ALL:
        refusal: Refuse | None = part.record(work, ce_id, data)
        if refusal is not None:
            return refusal
    return None


def reflect(work: Work) -> None:
    """What changes days and ledger, before anything is drawn from them: late returns, fees."""
    resolve_ends(work)
    debits.reflect(work)
    receivables.conclude(work)
    receipts.take_silence_as_lost(work)


def agree(work: Work) -> None:
    """What changes whether and when somebody is reminded: agreements, the clocks of the law,
    and debits that are or are no longer under way.
    """
    arrangements.conclude(work)
    compliance.conclude(work)
    debits.answer(work)


def follow(work: Work) -> None:
    """What follows from the debts as they stand: retries, states, notices, the case."""
    debits.conclude(work)
    overdue.conclude(work)
    notices.conclude(work)
    cases.conclude(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """The timers of all parts; each name begins with its part's own."""
    for part in _ALL:
        yield from part.due(work)
