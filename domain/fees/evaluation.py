"""Evaluates the fee status from the facts of a customer: the order they came in leaves no trace."""

from __future__ import annotations

import datetime as dt

from domain.calendar import local_date, start_of_day, whole_ms
from domain.collections.claims import contact_failures
from domain.collections.ledger import compute
from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.effects import Effect, Publish
from domain.events.outputs import FeeStatusChanged
from domain.fees.policy import FeesPolicy, Situation
from domain.fees.state import FeeState
from domain.identity import digest

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
    due_dates = _due_dates(customer, rules)
    situation = Situation(
        days_late=max((today - min(due_dates, default=today)).days, 0),
        loyalty_years=_full_years(facts.customer_since, today),
        person_group=facts.person_group,
        region=facts.region,
    )
    status = policy.status(situation)
    review = _next_review(due_dates, facts.customer_since, today, policy)
    timers = {} if review is None else {"review": start_of_day(review, facts.timezone)}
    if fee_state is not None and fee_state.status == status:
        if fee_state.timers == timers:
            return fee_state, []
        return fee_state.model_copy(update={"timers": timers}), []
    changed = FeeState(
        customer_id=customer.customer_id,
        status=status,
        rule=policy.ref,
        fees=(),  # the starting configuration adds none
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
    )


def _due_dates(customer: CustomerState, policy: CollectionsPolicy) -> list[dt.date]:
    """Due dates of open items. A direct debit counts only after a failure that is the customer's:
    one that is our fault, or not made yet, says nothing about them.
    """
    failed = contact_failures(customer, policy.return_codes)
    ledger = compute(customer)
    return [
        customer.invoices[key].facts.due_on
        for key, minor in ledger.open.items()
        if minor
        and (customer.invoices[key].facts.payment_method != "direct_debit" or key in failed)
    ]


def _full_years(since: dt.date, today: dt.date) -> int:
    years = today.year - since.year - ((today.month, today.day) < (since.month, since.day))
    return max(years, 0)


def _next_review(
    due_dates: list[dt.date], since: dt.date, today: dt.date, policy: FeesPolicy
) -> dt.date | None:
    """The next local date on which time alone may change the status."""
    if not due_dates and not policy.loyalty_matters_unlate:
        return None
    days = []
    if due_dates:
        oldest = min(due_dates)
        days = [oldest + day * _DAY for day in policy.days_that_matter]
    # The anniversary, or the day after it for those who came on 29 February.
    for year in (today.year, today.year + 1):
        leap = (since.month, since.day) == (2, 29)
        days.append(dt.date(year, 3, 1) if leap else since.replace(year=year))
    return min((day for day in days if day > today), default=None)


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
