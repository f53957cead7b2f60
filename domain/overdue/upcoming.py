"""Reminders before the due date (F118): off until a policy or the customer asks for them."""

from __future__ import annotations

import datetime as dt

from domain.arrangements.preferences import preferences
from domain.calendar import start_of_day
from domain.collections.work import Work
from domain.notices.owing import drop, owe
from domain.notices.state import Notice

KIND = "payment_due_soon"
_DAY = dt.timedelta(days=1)


def conclude(work: Work) -> None:
    """Owe a word about each open item that will be due; drop what has been settled since.

    Only what the customer has to pay by themselves: a debit comes by itself, and says so on its
    own (the pre-notification). An item that is due already is chased, not announced.
    """
    _drop_settled(work)
    days, profile = _days(work), work.state.profile
    if days is None or profile is None:
        return
    zone = profile.facts.timezone
    for key, minor in work.ledger.open.items():
        invoice = work.state.invoices[key].facts
        if not minor or invoice.payment_method == "direct_debit" or key in work.claims:
            continue
        if key in work.state.case.given_up:
            continue
        ends = start_of_day(invoice.due_on + _DAY, zone)
        if ends <= work.now:
            continue
        notice = Notice(
            kind=KIND,
            # It names an amount and a link: whatever forbids asking for money forbids it.
            purpose="collection",
            owed_at=work.now,
            due=max(work.now, start_of_day(invoice.due_on - days * _DAY, zone)),
            caused_by=work.state.invoices[key].ce_id,
            currency=invoice.amount.currency,
            invoice_ids=(key,),
            asks_for_money=True,
            until=ends,
        )
        owe(work, f"{KIND}|{key}", notice)


def _days(work: Work) -> int | None:
    """The customer's own wish, else the policy's. 0 days of one's own: on the day itself."""
    own = preferences(work.state).days_before_due
    return own if own is not None else work.policy.overdue.days_before_due


def _drop_settled(work: Work) -> None:
    for key, notice in work.state.notices.owed.items():
        if notice.kind == KIND and not any(_is_asked(work, one) for one in notice.invoice_ids):
            drop(work, key)


def _is_asked(work: Work, invoice_id: str) -> bool:
    return bool(work.ledger.open.get(invoice_id)) and invoice_id not in work.state.case.given_up
