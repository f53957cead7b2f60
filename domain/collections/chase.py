"""Opens, widens, restarts and closes the dunning of a currency as debts come and go."""

from __future__ import annotations

import datetime as dt

from domain.cases.changing import change, close
from domain.collections.ledger import oldest_first
from domain.collections.state import Chase, CustomerState, NotSent, Slot
from domain.collections.work import Work
from domain.debits.comebacks import settled_until_our_fault
from domain.identity import digest
from domain.overdue.tolerance import is_tolerable


def follow_debts(work: Work) -> None:
    """Bring every currency's dunning in line with what is open and may be chased."""
    claims = work.claims
    currencies = {_currency(work.state, key) for key in claims} | set(work.state.chases)
    for currency in sorted(currencies):
        chase = work.state.chases.get(currency)
        chased = set(chase.items) if chase else set()
        # An item stays chased while it is open, whatever becomes of what made it so: unless it
        # was given up, or open again by a fault of ours.
        given_up = work.state.case.given_up
        items = {key for key in chased if work.ledger.open.get(key) and key not in given_up}
        items -= settled_until_our_fault(work.state, work.policy.return_codes).keys()
        items |= {key for key in claims if _currency(work.state, key) == currency}
        ordered = tuple(oldest_first(work.state, items))
        if is_tolerable(work, currency, ordered):
            ordered = ()
        if chase is None:
            if ordered:
                _open(work, currency, ordered, _cause(work, claims, ordered))
        elif not ordered:
            _close(work, currency, chase)
        else:
            _widen(work, currency, chase, ordered, claims)


def mark_case(work: Work, chase: Chase, state: str, because: str) -> Chase:
    """Publish the new state of the customer's case; gives the chase that remembers it."""
    next_at = chase.step.due if chase.step else None
    change(work, state, because, caused_by=chase.caused_by, next_at=next_at)
    return chase.model_copy(update={"case_state": state})


def _currency(state: CustomerState, invoice_id: str) -> str:
    return state.invoices[invoice_id].facts.amount.currency


def _cause(work: Work, claims: dict[str, str], new: tuple[str, ...]) -> str:
    """What opens a step: the reversal that re-opened the debt, else the item's own event."""
    if work.cause is not None and work.cause.type == "payment.reversed.v1":
        return work.cause.id
    return claims[new[0]]


def _sequence(work: Work, currency: str, caused_by: str) -> str:
    return digest(work.state.customer_id, currency, caused_by, work.now.isoformat())


def _open(work: Work, currency: str, items: tuple[str, ...], caused_by: str) -> None:
    chase = Chase(
        sequence=_sequence(work, currency, caused_by),
        opened_at=work.now,
        caused_by=caused_by,
        items=items,
        step=Slot(step=1, planned=work.now, due=work.now),
    )
    work.put_chase(currency, mark_case(work, chase, "opened", "debt_due"))


def _widen(
    work: Work, currency: str, chase: Chase, items: tuple[str, ...], claims: dict[str, str]
) -> None:
    """New items join the next step, or, a day after the first left, start at step one again.

    A sequence belongs to the customer and currency, so it restarts as a whole: one rhythm of
    messages, never two interleaved. A first step that has not gone out yet names them anyway. A
    fee of ours always joins: it is a consequence of debts that are reminded already.
    """
    fees = work.state.receivables.fees
    new = tuple(key for key in items if key not in chase.items and key not in fees)
    if items != chase.items:
        chase = chase.model_copy(update={"items": items})
    starts_at = _starts_again_at(work, chase) if new else None
    if starts_at is not None:
        caused_by = _cause(work, claims, new)
        chase = chase.model_copy(
            update={
                "sequence": _sequence(work, currency, caused_by),
                "opened_at": work.now,
                "caused_by": caused_by,
                "first_sent_at": None,
                "step": Slot(step=1, planned=starts_at, due=starts_at),
                "again": None,
            }
        )
        chase = mark_case(work, chase, "opened", "further_item")
    work.put_chase(currency, chase)


def _starts_again_at(work: Work, chase: Chase) -> dt.datetime | None:
    """When new items get a first reminder of their own; None: they join the next one there is.

    Counted from when the first left, not from when it was due: one that waited for its window, or
    for a worker to come back, must not be followed by another at its heels. Where no step is left
    that new items could join, they wait for that time, for nothing else would ever name them.
    """
    if chase.first_sent_at is None:
        return None
    late = chase.first_sent_at + dt.timedelta(hours=work.policy.at(work.now).join_hours)
    if work.now >= late:
        return work.now
    return late if chase.step is None else None


def _is_given_up(work: Work, key: str) -> bool:
    return key in work.state.case.given_up and bool(work.ledger.open.get(key))


def _close(work: Work, currency: str, chase: Chase) -> None:
    because = _why_gone(work, chase)
    for slot in (chase.step, chase.again):
        if slot is not None and slot.planned <= work.now:
            work.note_not_sent(
                NotSent(at=work.now, because=because, currency=currency, step=slot.step)
            )
    work.put_chase(currency, None)
    others = sorted(work.state.chases.items(), key=lambda row: (row[1].opened_at, row[0]))
    if not others:
        close(work, because)
        return
    # One case for the customer: it goes on with what is chased in another currency.
    mark_case(work, others[-1][1], others[-1][1].case_state, because)


def _why_gone(work: Work, chase: Chase) -> str:
    """`paid` when any money went to the items, `credited` when credit notes did it all."""
    kinds = {work.state.case.given_up[key].kind for key in chase.items if _is_given_up(work, key)}
    if kinds:
        return "handed_over" if "handed_over" in kinds else "written_off"
    still_open = {key for key in chase.items if work.ledger.open.get(key)}
    if still_open:
        answered = settled_until_our_fault(work.state, work.policy.return_codes)
        return "our_fault" if still_open <= answered.keys() else "below_tolerance"
    touched = {key for invoices in work.ledger.touched.values() for key in invoices}
    return "paid" if touched.intersection(chase.items) else "credited"
