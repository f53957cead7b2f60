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
from domain.debits.state import Collection
from domain.events.base import Data
from domain.events.ledger import PaymentReversed
from domain.money import PositiveMoney

#: Names the reversals that follow from failed debits; no event's identity looks like it.
IMPLIED = "implied|"


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


def windows_of(payment: Payment) -> tuple[dt.datetime, dt.date, dt.date]:
    """Until when money collected may come back: by the bank, as refund, as unauthorised."""
    received_at = payment.facts.received_at
    day, rows = local_date(received_at, ZONE), return_windows()
    row = next((row for row in rows if row.valid_from <= day), rows[-1])
    year, month = divmod(day.year * 12 + day.month - 1 + row.unauthorised_months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return (
        after_target_days(received_at, row.return_target_days),
        day + dt.timedelta(days=row.refund_days),
        dt.date(year, month + 1, min(day.day, last)),
    )


def money_by_collection(state: CustomerState) -> dict[str, str]:
    """Collection of ours -> the payment that is its money, as far as it has come.

    The one under its own id; else, in the order of their days, the earliest direct debit of the
    same amount from that day on that names its invoice. One that names none may be another bill's
    of the same amount: to reverse that would ask somebody to pay twice. From facts alone, so that
    a return and its payment may come in either order.
    """
    collections = state.debits.collections
    found = {key: key for key in collections if key in state.payments}
    free = sorted(
        (payment.facts.received_at, key)
        for key, payment in state.payments.items()
        if payment.facts.method == "direct_debit" and key not in found
    )
    in_order = sorted(collections.items(), key=lambda row: (row[1].collect_on, row[0]))
    for key, one in in_order:
        if key in found or one.state == "cancelled":
            continue
        for row in free:
            if _may_be(state, key, one, state.payments[row[1]]):
                found[key] = row[1]
                free.remove(row)
                break
    return found


def _may_be(state: CustomerState, key: str, one: Collection, payment: Payment) -> bool:
    facts = payment.facts
    named = {part.invoice_id for part in facts.allocations or ()}
    day = local_date(facts.received_at, ZONE)
    return (
        (facts.amount.minor, facts.amount.currency) == (one.amount_minor, one.currency)
        and one.invoice_id in named
        and day >= one.collect_on
        and all(
            day <= local_date(failure.facts.failed_at, ZONE)
            for failure in state.failures.values()
            if failure.facts.collection_id == key
        )
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
        collection_id = failure.facts.collection_id
        payment_id = ours.get(collection_id, collection_id)
        payment = state.payments.get(payment_id)
        if payment and _undoes(failure, payment) and rule(failure.facts).action != "ignore":
            returned.setdefault(payment_id, []).append(failure)
    return {
        IMPLIED + payment_id: reversal
        for payment_id, failures in sorted(returned.items())
        if (reversal := _reversal(state, payment_id, failures)) is not None
    }


def _undoes(failure: Failure, payment: Payment) -> bool:
    """Whether it is that money that went back: not what was collected again after the failure."""
    facts, money = failure.facts, payment.facts
    return (
        money.method == "direct_debit"
        and money.amount.currency == facts.amount.currency
        and local_date(money.received_at, ZONE) <= local_date(facts.failed_at, ZONE)
    )


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
