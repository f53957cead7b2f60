"""The customer's one case: notes, write-off, hand-over and recall (F109)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.cases.giving_up import follow_money, give_up, take_back
from domain.cases.state import NOTES_MAX, Note
from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import (
    Action,
    DebtHandedOver,
    DebtRecalled,
    DebtWrittenOff,
    NoteAdded,
)


def record(work: Work, _ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    match data:
        case NoteAdded():
            _note(work, data)
        case DebtWrittenOff() | DebtHandedOver():
            return give_up(work, data)
        case DebtRecalled():
            take_back(work, data)
        case _:
            pass
    return None


def conclude(work: Work) -> None:
    """Tell whom it concerns when money comes for what was given up."""
    if work.state.case.given_up:
        follow_money(work)


def due(_work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Nothing of a case happens by time alone."""
    return iter(())


def _note(work: Work, data: NoteAdded) -> None:
    notes = work.state.case.notes
    if any(note.note_id == data.note_id for note in notes):
        return
    note = Note(note_id=data.note_id, at=data.at, by=data.by, text=data.text)
    kept = (*notes[-NOTES_MAX + 1 :], note)
    work.set(case=work.state.case.model_copy(update={"notes": kept}))
