"""The limitation clock: from when on nobody may be asked for a debt any more."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from domain.calendar import local_date
from domain.collections.ledger import Ledger
from domain.collections.state import CustomerState, Invoice
from domain.compliance.book import Book
from domain.compliance.places import region_of
from domain.compliance.rows import LimitationRule

_DAY = dt.timedelta(days=1)


class Clock(NamedTuple):
    """`barred_on` is the first day on which the debt is time-barred, by the row's id."""

    rule: str
    barred_on: dt.date


def barred(
    state: CustomerState, ledger: Ledger, book: Book, invoice_ids: tuple[str, ...], today: dt.date
) -> dict[str, Clock]:
    """Those of the invoices whose time has run out."""
    if book.years_min is None:
        return {}
    youngest = _years_after(today, -book.years_min)
    found = {}
    for key in invoice_ids:
        invoice = state.invoices.get(key)
        if invoice is None or invoice.facts.due_on >= youngest:
            continue
        clock = clock_of(state, ledger, book, key)
        if clock is not None and clock.barred_on <= today:
            found[key] = clock
    return found


def clock_of(state: CustomerState, ledger: Ledger, book: Book, invoice_id: str) -> Clock | None:
    """When the debt will be time-barred; None where no row says so.

    A payment before that day starts the period anew where the row says so; one after it changes
    nothing: what is barred stays barred, although some laws would revive it.
    """
    if state.profile is None:
        return None
    invoice = state.invoices[invoice_id]
    rule = _rule_for(book, invoice, region_of(state.profile.facts))
    if rule is None:
        return None
    barred_on = _end(rule, invoice.facts.due_on)
    if rule.restarts:
        zone = state.profile.facts.timezone
        paid = (
            local_date(payment.facts.received_at, zone)
            for key, payment in state.payments.items()
            if payment.settled_at is not None and invoice_id in ledger.touched.get(key, ())
        )
        for day in sorted(paid):
            if day < barred_on:
                barred_on = max(barred_on, _end(rule, day))
    return Clock(rule.id, barred_on)


def _rule_for(book: Book, invoice: Invoice, region: str) -> LimitationRule | None:
    """The row for the kind and the region before the row for all; of equals the shortest."""
    fitting = [
        rule
        for rule in book.limitations
        if (not rule.regions or region in rule.regions)
        and (not rule.kinds or invoice.facts.kind in rule.kinds)
    ]
    return min(
        fitting,
        key=lambda rule: (not rule.kinds, not rule.regions, rule.years, rule.id),
        default=None,
    )


def _end(rule: LimitationRule, since: dt.date) -> dt.date:
    if rule.starts == "year_end":
        return dt.date(since.year + 1 + rule.years, 1, 1)
    return _years_after(since, rule.years) + _DAY


def _years_after(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
