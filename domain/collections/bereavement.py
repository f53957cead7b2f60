"""A direct debit came back because its debtor has died: a case for a person, opened once."""

from __future__ import annotations

from domain import cases
from domain.collections.claims import stopping_failure
from domain.collections.work import Work

STATE = "bereavement"


def open_case(work: Work) -> None:
    """Open the customer's bereavement case; nothing but a person closes it."""
    state = work.state
    if state.bereavement_case is not None or state.profile is None:
        return
    failure = stopping_failure(state, work.policy.return_codes)
    if failure is None or failure.facts.invoice_id not in state.invoices:
        return  # an event that still waits for its invoice may yet be given up
    case = cases.case_id(state.customer_id, STATE, failure.ce_id, work.now)
    work.effects.append(
        cases.changed(
            case=case,
            change=1,
            customer_id=state.customer_id,
            state=STATE,
            previous=None,
            because=f"return_code:{failure.facts.reason_code or failure.facts.reason_proprietary}",
            next_reminder_at=None,
            at=work.now,
        )
    )
    work.set(bereavement_case=case)
