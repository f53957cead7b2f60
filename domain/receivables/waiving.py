"""Giving up a fee: with a reason, and a second person (F51)."""

from __future__ import annotations

from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import FeeWaived
from domain.identity import same_person
from domain.receivables.letters import put
from domain.receivables.state import Waiver

FOUR_EYES = Refuse("four_eyes", "a fee is waived by one person and approved by another")
NO_REASON = Refuse("no_reason", "a fee is waived for a reason")
UNKNOWN_FEE = Refuse("unknown_fee", "the customer has no fee of this id")


def waive(work: Work, data: FeeWaived) -> Refuse | None:
    """Put a waiver into the row. A fee that is waived already stays so: the first one counts."""
    state = work.state
    if same_person(data.by, data.approved_by):
        return FOUR_EYES
    if not data.reason.strip():
        return NO_REASON
    invoice = state.invoices.get(data.fee_id)
    is_fee = invoice is not None and invoice.facts.kind == "fee"
    if data.fee_id not in state.receivables.fees and not is_fee:
        return UNKNOWN_FEE
    waived = state.receivables.waived
    if data.fee_id not in waived:
        waiver = Waiver(
            at=data.at, by=data.by, approved_by=data.approved_by, reason=data.reason.strip()
        )
        put(work, waived={**waived, data.fee_id: waiver})
    return None
