"""A direct debit came back because its debtor has died: a case for a person, opened once."""

from __future__ import annotations

from domain import cases
from domain.collections.claims import stops
from domain.collections.work import Work

STATE = "bereavement"


def open_case(work: Work) -> None:
    """Open the customer's bereavement case; nothing but a person closes it."""
    state = work.state
    if state.bereavement_case is not None or state.profile is None:
        return
    known = (stop for stop in stops(state, work.policy.return_codes) if not stop.is_early)
    stop = next(known, None)
    if stop is None:
        return
    case = cases.case_id(state.customer_id, STATE, stop.said_by, work.now)
    work.effects.append(
        cases.changed(
            case=case,
            change=1,
            customer_id=state.customer_id,
            state=STATE,
            previous=None,
            because=f"return_code:{stop.code}",
            next_reminder_at=None,
            at=work.now,
        )
    )
    work.set(bereavement_case=case)
