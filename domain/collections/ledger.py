"""What is open: computed anew from the facts, so that the order of arrival leaves no trace.

Settled money in the order of (received_at, payment_id) pays what it names, or the oldest due
first. What is left over is credit of its currency, which pays any open invoice of that currency,
also one that comes later. Money is never converted. Where the customer has fees and policy gives an
order (costs, interest, principal), that order comes before age, by the day the money was received.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import is_
from types import MappingProxyType

from domain.collections.state import CustomerState, Payment
from domain.receivables.state import AllocationRow


@dataclass(frozen=True, slots=True)
class Ledger:
    """All figures in minor units. Invoices by id, credit by currency."""

    open: dict[str, int]
    #: The part of `open` that provisional payments would cover.
    pending: dict[str, int]
    #: Settled payment -> invoices its money went to.
    touched: dict[str, tuple[str, ...]]
    credit: dict[str, int]
    #: Currencies in which a payment is provisional.
    provisional: frozenset[str]


@dataclass(slots=True)
class _Source:
    """Money to be allocated. `reserved` of it waits for invoices that are named but unknown."""

    id: str
    currency: str
    left: int
    named: tuple[tuple[str, int], ...] | None
    released: bool = False
    reserved: int = 0
    #: The order of debts on the day it was received; None: the oldest due first.
    order: AllocationRow | None = None


_NOTHING_REVERSED: Mapping[tuple[str, str], int] = MappingProxyType({})


def net_of(state: CustomerState, payment_id: str, payment: Payment) -> int:
    """What is left of a payment after its reversals, never below nothing."""
    return _net(payment, payment_id, _reversed(state))


def _reversed(state: CustomerState) -> Mapping[tuple[str, str], int]:
    """(payment, currency) -> how much of it was reversed."""
    if not state.reversals:
        return _NOTHING_REVERSED
    back: Counter[tuple[str, str]] = Counter()
    for reversal in state.reversals.values():
        back[reversal.payment_id, reversal.amount.currency] += reversal.amount.minor
    return back


def _net(payment: Payment, payment_id: str, back: Mapping[tuple[str, str], int]) -> int:
    amount = payment.facts.amount
    return max(0, amount.minor - back.get((payment_id, amount.currency), 0))


_Facts = tuple[object, ...]
_last: tuple[_Facts, Ledger] | None = None


def compute(state: CustomerState) -> Ledger:
    """The ledger of a customer.

    The last one is kept: for one event several rules ask for that of the same facts. Rows are
    never changed but replaced, so the same objects are the same facts.
    """
    global _last  # noqa: PLW0603 - a cache of a pure function; swapped whole, so safe in threads
    order = state.receivables.allocation
    facts = (state.invoices, state.credits, state.payments, state.reversals, order)
    last = _last
    if last is not None and all(map(is_, facts, last[0])):
        return last[1]
    ledger = fresh(state)
    _last = facts, ledger
    return ledger


def fresh(state: CustomerState) -> Ledger:
    """The ledger, computed without a look at the last one: of a past day, or of an "if"."""
    open_ = {key: invoice.facts.amount.minor for key, invoice in state.invoices.items()}
    notes = _credit_notes(state, open_)
    settled, unsettled = _sources(state)
    provisional = [source for source in unsettled if source.left]
    touched: dict[str, list[str]] = defaultdict(list)
    # Credit notes in a foreign currency come last: they are rare and have no `received_at`.
    _allocate(state, [*settled, *notes], open_, touched)
    after = dict(open_)
    _allocate(state, provisional, after, defaultdict(list))
    credit: dict[str, int] = defaultdict(int)
    for source in (*settled, *notes):
        credit[source.currency] += source.left + source.reserved
    return Ledger(
        open=open_,
        pending={key: open_[key] - after[key] for key in open_ if open_[key] > after[key]},
        touched={key: tuple(invoices) for key, invoices in touched.items()},
        credit={currency: minor for currency, minor in sorted(credit.items()) if minor},
        provisional=frozenset(source.currency for source in provisional),
    )


def oldest_first(
    state: CustomerState, invoice_ids: Iterable[str], order: AllocationRow | None = None
) -> list[str]:
    """Invoices by due date, then id; where an `order` is given, by their place in it first."""

    def age(invoice_id: str) -> tuple[object, ...]:
        facts = state.invoices[invoice_id].facts
        return order.rank(facts.kind) if order else 0, facts.due_on, invoice_id

    return sorted(invoice_ids, key=age)


def _credit_notes(state: CustomerState, open_: dict[str, int]) -> list[_Source]:
    """Lower invoices by their credit notes; gives those in another currency, as money."""
    notes = []
    for key, note in sorted(state.credits.items()):
        invoice = state.invoices.get(note.invoice_id)
        if invoice is None:
            continue
        if invoice.facts.amount.currency == note.amount.currency:
            open_[note.invoice_id] = max(0, open_[note.invoice_id] - note.amount.minor)
        else:
            notes.append(_Source(key, note.amount.currency, note.amount.minor, ()))
    return notes


def _sources(state: CustomerState) -> tuple[list[_Source], list[_Source]]:
    """The money of settled payments and of provisional ones, each in order of receipt."""
    settled: list[_Source] = []
    unsettled: list[_Source] = []
    if not state.payments:
        return settled, unsettled
    back = _reversed(state)
    in_order = sorted(state.payments.items(), key=lambda row: (row[1].facts.received_at, row[0]))
    for key, payment in in_order:
        source = _Source(
            key,
            payment.facts.amount.currency,
            _net(payment, key, back),
            _named(payment),
            released=payment.released,
            order=state.receivables.order_at(payment.facts.received_at),
        )
        (unsettled if payment.settled_at is None else settled).append(source)
    return settled, unsettled


def _named(payment: Payment) -> tuple[tuple[str, int], ...] | None:
    facts = payment.facts
    if facts.allocations is None:
        return None
    return tuple(
        (allocation.invoice_id, allocation.amount.minor)
        for allocation in facts.allocations
        if allocation.amount.currency == facts.amount.currency
    )


def _allocate(
    state: CustomerState,
    sources: list[_Source],
    open_: dict[str, int],
    touched: dict[str, list[str]],
) -> None:
    """Lower `open_` by the money of `sources`; what is left in them is credit."""
    if not any(source.left for source in sources):
        return
    currency = {key: invoice.facts.amount.currency for key, invoice in state.invoices.items()}
    orders = {source.order for source in sources}
    by_age = {order: _queues(state, open_, currency, order) for order in orders}
    till = _Till(open_, currency, touched, by_age)
    for source in sources:
        if source.named is None:
            till.pay_all(source)
        else:
            till.pay_named(source)
    for source in sources:
        till.pay_all(source)


def _queues(
    state: CustomerState,
    open_: Mapping[str, int],
    currency: Mapping[str, str],
    order: AllocationRow | None,
) -> dict[str, deque[str]]:
    """Currency -> its open invoices in the order in which money pays them."""
    queues: dict[str, deque[str]] = defaultdict(deque)
    for key in oldest_first(state, (key for key, minor in open_.items() if minor), order):
        queues[currency[key]].append(key)
    return queues


@dataclass(slots=True)
class _Till:
    """Moves money from sources to invoices, and notes which touched which."""

    open: dict[str, int]
    currency: dict[str, str]
    touched: dict[str, list[str]]
    #: Order -> currency -> its invoices; what is paid leaves from the front.
    by_age: dict[AllocationRow | None, dict[str, deque[str]]]

    def pay(self, source: _Source, invoice_id: str, most: int) -> None:
        minor = min(most, source.left, self.open[invoice_id])
        if minor <= 0:
            return
        source.left -= minor
        self.open[invoice_id] -= minor
        if invoice_id not in self.touched[source.id]:
            self.touched[source.id].append(invoice_id)

    def pay_all(self, source: _Source) -> None:
        """The oldest due first (or as ordered), as far as the money goes."""
        queue = self.by_age[source.order][source.currency]
        while source.left and queue:
            self.pay(source, queue[0], source.left)
            if not self.open[queue[0]]:
                queue.popleft()

    def pay_named(self, source: _Source) -> None:
        """As named. What is for an invoice not known yet is kept for it, unless given up."""
        for invoice_id, minor in source.named or ():
            if self.currency.get(invoice_id) == source.currency:
                self.pay(source, invoice_id, minor)
            elif invoice_id not in self.open and not source.released:
                waits = min(minor, source.left)
                source.left -= waits
                source.reserved += waits
