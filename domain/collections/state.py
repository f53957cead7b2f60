"""The row of `customer_history`: everything we know of what one customer owes, and did about it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.arrangements.state import Arrangements
from domain.cases.state import CaseFile
from domain.compliance.state import ComplianceFile
from domain.debits.state import Debits
from domain.events.base import Channel
from domain.events.customers import CustomerUpdated
from domain.events.ledger import (
    DirectDebitFailed,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    PaymentReversed,
)
from domain.notices.state import Notices
from domain.overdue.state import Overdue
from domain.receivables.state import Receivables
from domain.row import Row

#: `expired`: its window closed before it could leave, so the channel is not to blame.
MessageState = Literal["requested", "delivered", "failed", "unknown", "expired", "withdrawn"]
#: Of these nobody knows that they reached the customer, or everybody that they did not.
LOST: frozenset[MessageState] = frozenset({"failed", "unknown", "expired", "withdrawn"})
#: `open`: not decided, because the money has not touched an invoice yet.
ThanksState = Literal["open", "not_owed", "owed", "sent", "cancelled"]


class Profile(Row):
    """The newest `customer.updated` by (ce_time, ce_id)."""

    at: AwareDatetime
    ce_id: str
    facts: CustomerUpdated


class Invoice(Row):
    """An invoice and the `ce_id` that brought it."""

    ce_id: str
    facts: InvoiceIssued


class Failure(Row):
    """A failed debit and the `ce_id` that brought it."""

    ce_id: str
    facts: DirectDebitFailed


class Payment(Row):
    """A payment in its provisional and its final form; one of them may be missing."""

    ce_id: str
    provisional: PaymentReceived | None = None
    final: PaymentReceived | None = None
    settled_at: AwareDatetime | None = None
    #: Its invoice never came: what was meant for it is the customer's credit.
    released: bool = False
    thanks: ThanksState = "open"

    @property
    def facts(self) -> PaymentReceived:
        """The final form where there is one."""
        facts = self.final or self.provisional
        if facts is None:
            raise ValueError("a payment has at least one form")
        return facts


class Slot(Row):
    """A reminder on its way: waits for `due`, is looked at, or is held until something changes."""

    step: int
    #: When the step falls due by the rhythm, and when it will be tried.
    planned: AwareDatetime
    due: AwareDatetime
    status: Literal["waiting", "looking", "held"] = "waiting"
    because: str | None = None
    tried: tuple[Channel, ...] = ()


class Chase(Row):
    """The dunning of one currency: one sequence of reminders at a time."""

    case_state: str = "opened"
    sequence: str
    opened_at: AwareDatetime
    caused_by: str
    items: tuple[str, ...]
    first_sent_at: AwareDatetime | None = None
    #: The next step, and the last one once more over another channel.
    step: Slot | None = None
    again: Slot | None = None


class Thanks(Row):
    """A thank-you that is owed and not out yet."""

    owed_at: AwareDatetime
    caused_by: str
    due: AwareDatetime
    status: Literal["waiting", "held"] = "waiting"
    because: str | None = None
    tried: tuple[Channel, ...] = ()


class Message(Row):
    """A message we asked for."""

    message_id: str
    kind: str
    channel: Channel
    at: AwareDatetime
    not_after: AwareDatetime
    currency: str
    state: MessageState = "requested"
    invoice_ids: tuple[str, ...] = ()
    step: int | None = None
    sequence: str | None = None
    payment_id: str | None = None
    caused_by: str = ""
    #: Under which key it was owed, of a notice.
    notice: str | None = None
    #: Digest of where it went, so that a bounce marks that address and no later one.
    address: str = ""


class NotSent(Row):
    """A message that was due and did not leave, and why."""

    at: AwareDatetime
    because: str
    kind: str = "reminder"
    currency: str | None = None
    step: int | None = None
    deferred_to: AwareDatetime | None = None
    #: The channel it would have taken, and the row of which version forbade it.
    channel: Channel | None = None
    rule: str | None = None
    version: int | None = None


class Waiting(Row):
    """An event whose customer, invoice or payment is unknown, kept as it came."""

    ce_id: str
    identity: str
    since: AwareDatetime
    #: `customer`, `invoice:<id>`, `payment:<id>`: what has to come.
    needs: tuple[str, ...]
    #: Which fact it put into the row, so that giving it up takes the fact out again.
    fact: tuple[str, str] | None = None
    raw: str


class Contacted(Row):
    """Something the customer did or that was tried with them."""

    type: str
    channel: str
    at: AwareDatetime


# Frozen and shared: a default that is no factory is copied in depth for every row that is read.
_NO_ARRANGEMENTS, _NO_COMPLIANCE, _NO_DEBITS = Arrangements(), ComplianceFile(), Debits()
_NO_RECEIVABLES, _NO_OVERDUE = Receivables(), Overdue()
_NO_NOTICES, _NO_CASE = Notices(), CaseFile()


class CustomerState(Row):
    """Facts, what waits, and what was done. `timers` are the instants at which to call `fire`."""

    customer_id: str
    profile: Profile | None = None
    invoices: dict[str, Invoice] = Field(default_factory=dict)
    credits: dict[str, InvoiceCredited] = Field(default_factory=dict)
    payments: dict[str, Payment] = Field(default_factory=dict)
    reversals: dict[str, PaymentReversed] = Field(default_factory=dict)
    failures: dict[str, Failure] = Field(default_factory=dict)
    opt_outs: dict[str, AwareDatetime] = Field(default_factory=dict)
    contacts: tuple[Contacted, ...] = ()

    #: Hash of (ce_source, ce_id) -> day number first seen.
    seen: dict[str, int] = Field(default_factory=dict)
    seen_pruned: int = 0
    waiting: tuple[Waiting, ...] = ()

    chases: dict[str, Chase] = Field(default_factory=dict)
    bereavement_case: str | None = None
    #: Invoice -> highest step that named it.
    reminded: dict[str, int] = Field(default_factory=dict)
    thanks: dict[str, Thanks] = Field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    not_sent: tuple[NotSent, ...] = ()
    timers: dict[str, AwareDatetime] = Field(default_factory=dict)

    # What each further part of the business keeps (domain/<part>/state.py).
    arrangements: Arrangements = Field(default_factory=lambda: _NO_ARRANGEMENTS)
    compliance: ComplianceFile = Field(default_factory=lambda: _NO_COMPLIANCE)
    debits: Debits = Field(default_factory=lambda: _NO_DEBITS)
    receivables: Receivables = Field(default_factory=lambda: _NO_RECEIVABLES)
    overdue: Overdue = Field(default_factory=lambda: _NO_OVERDUE)
    notices: Notices = Field(default_factory=lambda: _NO_NOTICES)
    case: CaseFile = Field(default_factory=lambda: _NO_CASE)

    @property
    def is_empty(self) -> bool:
        """Nothing has been recorded: no row needs to exist."""
        return not self.seen
