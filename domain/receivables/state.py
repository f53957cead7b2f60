"""What a customer's row keeps of fees: letters, fees, waivers, and fees that were refused."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.notices.state import NoticeSent
from domain.row import Row

Component = Literal["costs", "interest", "principal"]
#: `paid`: in time, so no fee; `gone`: it was not sent or came back (`bounced`), or nothing that
#: may be charged was left.
LetterEnd = Literal["claimed", "paid", "gone"]
#: `reduced` to nothing by what became known later (a payment that was in time, a credit note).
FeeState = Literal["claimed", "paid", "waived", "refunded", "void"]


class AllocationRow(Row):
    """From a day on, money pays debts in this order; within a component the oldest due first."""

    valid_from: dt.date
    source: Annotated[str, Field(min_length=1)]
    order: Annotated[tuple[Component, ...], Field(min_length=1, max_length=3)]

    def rank(self, kind: str) -> int:
        """The place of an invoice of this kind: fees are costs, all else is principal."""
        component: Component = "costs" if kind == "fee" else "principal"
        return self.order.index(component) if component in self.order else len(self.order)


class Letter(Row):
    """A letter that announces a fee: what it names, what it would cost, what became of it."""

    charge: str
    statute: str
    #: Which row of the statute it was written under.
    valid_from: dt.date
    version: int
    currency: str
    #: Invoice -> what was open of it; kept exact until the letter has gone out.
    items: dict[str, int]
    #: Named when it was written and not to be asked for now: back in it if that ends in time.
    aside: tuple[str, ...] = ()
    #: Those of them that are recurring instalments below the statute's limit.
    recurring: tuple[str, ...] = ()
    #: Of recurring instalments in the look-back: their principal, and what they were charged.
    earlier_base: int = 0
    earlier_charged: int = 0
    #: The exact costs it announces, VAT included, and the VAT in them.
    cost: int
    vat: int = 0
    #: Whether VAT comes on top, as the charge said when it was written.
    vat_on_top: bool = False
    prepared_at: AwareDatetime
    #: What was known of its sending when it was last looked at.
    gone: NoticeSent | None = None
    #: It came back, and no other address is known.
    bounced: bool = False
    #: Something forbade the fee when the term was over: what is paid until it ends is in time.
    held: str | None = None
    ended: LetterEnd | None = None
    ended_at: AwareDatetime | None = None


class Fee(Row):
    """A fee: an item of the ledger (an invoice of kind `fee` under the same id) and its reasons."""

    charge: str
    #: The rule set `charges` and the statute's row that it was claimed under.
    version: int
    statute: str = ""
    valid_from: dt.date | None = None
    currency: str
    #: The oldest invoice it rests on, and all of them.
    invoice_id: str
    items: tuple[str, ...]
    #: As it was claimed: it is never more.
    stated: int
    #: Less what became known since.
    amount: int
    #: The last day on which it could be avoided, and the instant after it, at which it arose.
    due_on: dt.date
    as_of: AwareDatetime
    claimed_at: AwareDatetime
    letter: str | None = None
    #: The reminders that a fixed fee needed: it falls when too many of them turn out lost.
    reminders: tuple[str, ...] = ()
    #: The failed debit whose return the bank charged.
    failure: str | None = None


class Waiver(Row):
    """Somebody gave up a fee, and a second person agreed."""

    at: AwareDatetime
    by: str
    approved_by: str
    reason: str


class Refusal(Row):
    """A fee that rules called for and the law did not allow."""

    at: AwareDatetime
    charge: str
    currency: str
    because: str
    items: dict[str, int]
    recurring: tuple[str, ...] = ()


class Receivables(Row):
    """Fees claimed, waived or refused, and the letters they rest on, each by its id."""

    letters: dict[str, Letter] = Field(default_factory=dict)
    fees: dict[str, Fee] = Field(default_factory=dict)
    waived: dict[str, Waiver] = Field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()
    letters_made: int = 0
    #: The order in which money pays, as policy said last; empty: the oldest due first.
    allocation: tuple[AllocationRow, ...] = ()

    #: Names the facts by which the fees were last worked out: the same ones change nothing.
    checked: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was ever charged, announced or refused."""
        return not (self.letters or self.fees or self.waived or self.refused or self.allocation)

    def order_at(self, received_at: dt.datetime) -> AllocationRow | None:
        """The order for money received then (its day in UTC); None: the oldest due first."""
        if not self.allocation:
            return None
        day = received_at.astimezone(dt.UTC).date()
        rows = [row for row in self.allocation if row.valid_from <= day]
        return max(rows, key=lambda row: row.valid_from, default=None)
