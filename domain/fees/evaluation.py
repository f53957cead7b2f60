"""Evaluates the fee status from the facts of a customer: the order they came in leaves no trace."""

from __future__ import annotations

import datetime as dt

from domain.arrangements.pauses import effective_pauses, stretched
from domain.calendar import local_date, start_of_day, whole_ms
from domain.collections.ledger import compute
from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.effects import Effect, Publish
from domain.events.outputs import Fee, FeeStatusChanged
from domain.fees.policy import FeesPolicy
from domain.fees.situation import late_items, of_customer
from domain.fees.state import FeeState
from domain.identity import digest
from domain.money import MINOR_MAX, Money

_DAY = dt.timedelta(days=1)


def evaluate(
    fee_state: FeeState | None, customer: CustomerState, rules: CollectionsPolicy, now: dt.datetime
) -> tuple[FeeState | None, list[Effect]]:
    """The customer's status now, and its event if it is another than before.

    Without a profile there is no status yet: group, region, loyalty and zone are unknown.
    """
    if customer.profile is None:
        return fee_state, []
    now, policy = whole_ms(now), rules.fees
    facts = customer.profile.facts
    today = local_date(now, facts.timezone)
    items = late_items(customer, rules.return_codes)
    situation = of_customer(customer, facts, items, today, with_items=policy.looks_at_items)
    status, fees = policy.status(situation), live_fees(customer)
    oldest = min((customer.invoices[key].facts.due_on for key in items), default=None)
    review = _next_review(customer, oldest, today, policy)
    if policy.looks_at_items:  # an item that becomes late changes what is late
        days = [customer.invoices[key].facts.due_on + _DAY for key in items]
        review = min((day for day in (review, *days) if day and day > today), default=None)
    timers = {} if review is None else {"review": start_of_day(review, facts.timezone)}
    if fee_state is not None and (fee_state.status, fee_state.fees) == (status, fees):
        if fee_state.timers == timers:
            return fee_state, []
        return fee_state.model_copy(update={"timers": timers}), []
    changed = FeeState(
        customer_id=customer.customer_id,
        status=status,
        rule=policy.ref,
        fees=fees,
        changed_at=now,
        changes=fee_state.changes + 1 if fee_state else 1,
        timers=timers,
    )
    return changed, [_publish(changed)]


def concerns(before: CustomerState | None, after: CustomerState) -> bool:
    """Whether what changed in the row can change the status: a receipt or a click can't.

    Time alone can, at the instants that the status's own timers name.
    """
    return before is None or any(
        was is not now for was, now in zip(_facts(before), _facts(after), strict=True)
    )


def _facts(customer: CustomerState) -> tuple[object, ...]:
    return (
        customer.profile,
        customer.invoices,
        customer.credits,
        customer.payments,
        customer.reversals,
        customer.failures,
        customer.arrangements,
        customer.receivables,
    )


def live_fees(customer: CustomerState) -> tuple[Fee, ...]:
    """Fees that are claimed and not paid, waived or void, each with the invoice it rests on."""
    if not customer.receivables.fees:
        return ()
    is_open = compute(customer).open
    return tuple(
        Fee(
            invoice_id=fee.invoice_id,
            amount=Money(minor=min(fee.amount, MINOR_MAX), currency=fee.currency),
        )
        for key, fee in sorted(customer.receivables.fees.items())
        if is_open.get(key)
    )


def _next_review(
    customer: CustomerState, oldest: dt.date | None, today: dt.date, policy: FeesPolicy
) -> dt.date | None:
    """The next local date on which time alone may change the status.

    What is paused counts later: the day that is late by so many days moves with it.
    """
    if customer.profile is None or (oldest is None and not policy.loyalty_matters_unlate):
        return None
    days: list[dt.date | None] = []
    if oldest is not None:
        pauses, late = effective_pauses(customer.arrangements), oldest + _DAY
        days = [stretched(pauses, late, oldest + day * _DAY) for day in policy.days_that_matter]
    # The anniversary, or the day after it for those who came on 29 February.
    customer_since = customer.profile.facts.customer_since
    for year in (today.year, today.year + 1):
        leap = (customer_since.month, customer_since.day) == (2, 29)
        days.append(dt.date(year, 3, 1) if leap else customer_since.replace(year=year))
    return min((day for day in days if day is not None and day > today), default=None)


def _publish(state: FeeState) -> Publish:
    return Publish(
        topic="fee-status",
        ce_type="fee-status.changed.v1",
        event_id="fee-" + digest(state.customer_id, str(state.changes)),
        key=state.customer_id,
        data=FeeStatusChanged(
            customer_id=state.customer_id,
            status=state.status,
            rule=state.rule,
            fees=state.fees,
            changed_at=state.changed_at,
        ),
    )
