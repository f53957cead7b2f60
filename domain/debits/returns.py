"""Money that comes back: a failed debit that was booked as paid, and how long one may come back.

A return says nothing of the payment it undoes but its end-to-end id. Where that is a payment's id,
or a collection of ours whose money a payment is, the payment is reversed as if somebody had said
so; what was reversed explicitly counts once, whichever of the two came first.
"""

from __future__ import annotations

import calendar
import datetime as dt
import tomllib
from collections import Counter
from functools import lru_cache
from importlib.resources import files

from domain.calendar import after_target_days, local_date
from domain.collections.state import CustomerState, Failure, Payment
from domain.collections.work import Work
from domain.debits.candidates import ZONE
from domain.debits.comebacks import IMPLIED, money_by_collection, returned_payment
from domain.events.base import Data
from domain.events.ledger import PaymentReversed
from domain.money import PositiveMoney


class ReturnWindow(Data):
    """Until when a collection may come back, by the scheme's rules in force."""

    valid_from: dt.date
    source: str
    return_target_days: int
    refund_days: int
    unauthorised_months: int


@lru_cache(maxsize=1)
def return_windows() -> tuple[ReturnWindow, ...]:
    """The rows of the data file, the newest first."""
    text = (files("domain.debits") / "data" / "return_windows.toml").read_text("utf-8")
    rows = [ReturnWindow.model_validate(row) for row in tomllib.loads(text)["rows"]]
    return tuple(sorted(rows, key=lambda row: row.valid_from, reverse=True))


def return_days(day: dt.date) -> int:
    """TARGET days for which a bank may return what was collected on `day`."""
    return _window_at(day).return_target_days


def _window_at(day: dt.date) -> ReturnWindow:
    rows = return_windows()
    return next((row for row in rows if row.valid_from <= day), rows[-1])


def windows_of(payment: Payment) -> tuple[dt.datetime, dt.date, dt.date]:
    """Until when money collected may come back: by the bank, as refund, as unauthorised."""
    received_at = payment.facts.received_at
    day = local_date(received_at, ZONE)
    row = _window_at(day)
    year, month = divmod(day.year * 12 + day.month - 1 + row.unauthorised_months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return (
        after_target_days(received_at, row.return_target_days),
        day + dt.timedelta(days=row.refund_days),
        dt.date(year, month + 1, min(day.day, last)),
    )


def reverse_returned(work: Work) -> None:
    """Put what failed debits reverse into the row, in place of what they reversed before."""
    state = work.state
    if not state.failures or not state.payments:
        return
    wanted = _implied(work)
    known = {key: one for key, one in state.reversals.items() if key.startswith(IMPLIED)}
    if wanted != known:
        explicit = {key: one for key, one in state.reversals.items() if key not in known}
        work.set(reversals={**explicit, **wanted})
        work.facts_changed()


def _implied(work: Work) -> dict[str, PaymentReversed]:
    state, rule = work.state, work.policy.return_codes.rule
    ours = money_by_collection(state) if state.debits.collections else {}
    returned: dict[str, list[Failure]] = {}
    for failure in state.failures.values():
        money = returned_payment(state, ours, failure)
        if money is not None and rule(failure.facts).action != "ignore":
            returned.setdefault(money[0], []).append(failure)
    return {
        IMPLIED + payment_id: reversal
        for payment_id, failures in sorted(returned.items())
        if (reversal := _reversal(state, payment_id, failures)) is not None
    }


def _reversal(
    state: CustomerState, payment_id: str, failures: list[Failure]
) -> PaymentReversed | None:
    """What the failures reverse beyond what was reversed by name: together never more than all."""
    amount = state.payments[payment_id].facts.amount
    said: Counter[str] = Counter()
    for key, one in state.reversals.items():
        if one.payment_id == payment_id and not key.startswith(IMPLIED):
            said[one.amount.currency] += one.amount.minor
    # Two reports of the same invoice's return are one return: the largest counts.
    by_invoice: dict[str, int] = {}
    for failure in failures:
        facts = failure.facts
        by_invoice[facts.invoice_id] = max(facts.amount.minor, by_invoice.get(facts.invoice_id, 0))
    minor = min(sum(by_invoice.values()), amount.minor) - said[amount.currency]
    if minor <= 0:
        return None
    newest = max(failures, key=lambda one: (one.facts.failed_at, one.facts.attempt))
    return PaymentReversed(
        payment_id=payment_id,
        customer_id=state.customer_id,
        amount=PositiveMoney(minor=minor, currency=amount.currency),
        reversed_at=newest.facts.failed_at,
        reason_code=newest.facts.reason_code or newest.facts.reason_proprietary,
    )
