"""Plans retries, follows mandates, corrects what came back late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.debits.collecting import answered_by, follow_collections
from domain.debits.mandates import follow_mandates, record_mandate, turns_at
from domain.debits.planning import plan_collections
from domain.debits.returns import reverse_returned
from domain.debits.situation import blocked_until
from domain.debits.state import LinkStarted
from domain.debits.telling import ask_for_mandates, correct_thanks
from domain.effects import Refuse
from domain.events.actions import Action, LinkPaymentStarted

#: So many visits to the payment page are remembered: what began long ago blocks nothing.
_LINKS_MAX = 20


def record(work: Work, _ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    if isinstance(data, LinkPaymentStarted):
        _record_link(work, data)
        return None
    return record_mandate(work, data)


def _record_link(work: Work, data: LinkPaymentStarted) -> None:
    """Counted from when we heard of it: what others take the time to be decides nothing."""
    debits = work.state.debits
    if data.payment_id not in debits.links:
        kept = dict(list(debits.links.items())[-_LINKS_MAX + 1 :])
        kept[data.payment_id] = LinkStarted(at=work.now, invoice_ids=data.invoice_ids)
        work.set(debits=debits.model_copy(update={"links": kept}))


def reflect(work: Work) -> None:
    """Turn what came back late into facts of the ledger."""
    reverse_returned(work)


def answer(work: Work) -> None:
    """End what was answered, take back what should not be made: before anybody is reminded."""
    follow_mandates(work)
    follow_collections(work)


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""
    plan_collections(work)
    ask_for_mandates(work)
    correct_thanks(work)


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Instants at which `conclude` has something to do without an event."""
    debits = work.state.debits
    for invoice_id, plan in debits.plans.items():
        if plan.status == "waiting" and plan.submit_at is not None:
            yield f"debits|{invoice_id}", plan.submit_at
    if any(plan.because == "link_payment" for plan in debits.plans.values()):
        ends = [blocked_until(work, link) for link in debits.links.values()]
        later = [at for at in ends if at > work.now]
        if later:
            yield "debits|link", min(later)
    for key, one in debits.collections.items():
        if one.state == "requested":
            yield f"debits|answer|{key}", max(answered_by(work, one), one.cancellable_until)
    yield from turns_at(work)
