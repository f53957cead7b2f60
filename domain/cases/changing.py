"""Opens, changes and closes the customer's one case, whatever currency the news is of."""

from __future__ import annotations

import datetime as dt

from domain import cases
from domain.collections.work import Work


def change(
    work: Work, state: str, because: str, *, caused_by: str, next_at: dt.datetime | None
) -> None:
    """Publish the case's new state; a case that is not open yet is opened by it."""
    file = work.state.case
    if file.case_id is None:
        about = f"debt{file.cases}" if file.cases else "debt"
        case = cases.case_id(work.state.customer_id, about, caused_by, work.now)
        file = file.model_copy(
            update={
                "case_id": case, "cases": file.cases + 1, "opened_at": work.now, "changes": 0,
                "state": None,
            }
        )  # fmt: skip
    _publish(work, file.case_id or "", file.changes + 1, state, because, next_at)
    update = {"state": state, "changes": file.changes + 1}
    work.set(case=file.model_copy(update=update))


def close(work: Work, because: str) -> None:
    """Nothing is chased any more. The next debt opens another case."""
    file = work.state.case
    if file.case_id is None:
        return
    _publish(work, file.case_id, file.changes + 1, f"closed_{because}", because, None)
    gone = {"case_id": None, "state": None, "opened_at": None, "changes": 0}
    work.set(case=file.model_copy(update=gone))


def _publish(
    work: Work, case: str, count: int, state: str, because: str, next_at: dt.datetime | None
) -> None:
    work.effects.append(
        cases.changed(
            case=case,
            change=count,
            customer_id=work.state.customer_id,
            state=state,
            previous=work.state.case.state,
            because=because,
            next_reminder_at=next_at,
            at=work.now,
        )
    )
