"""What a customer's row keeps of notices: what is owed to them, and what became of it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.events.base import Channel
from domain.row import Row

NoticePurpose = Literal["service", "collection"]
#: Values that are sums over a notice's invoices, written by whoever owes it.
_SUMS = frozenset({"total", "rest", "sum"})


class Notice(Row):
    """A message that another part of the business wants sent, until it has gone out."""

    #: Names the template: `fourteen_day_letter`, `validation_notice`, `plan_agreed`, …
    kind: str
    purpose: NoticePurpose
    owed_at: AwareDatetime
    due: AwareDatetime
    caused_by: str
    currency: str
    invoice_ids: tuple[str, ...] = ()
    #: Further values of the template, as text: amounts and dates are formatted by whoever owes it.
    values: dict[str, str] = Field(default_factory=dict)
    #: Only these channels, in this order; empty: the customer's order.
    channels: tuple[Channel, ...] = ()
    #: Ask for money, so it needs a last look and is dropped when nothing named is open any more.
    asks_for_money: bool = False
    #: An answer to what the customer has just done: at any hour.
    at_once: bool = False
    status: Literal["waiting", "looking", "held"] = "waiting"
    because: str | None = None
    tried: tuple[Channel, ...] = ()
    #: Given up when it could not leave by then.
    until: AwareDatetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it says sums of its own: they belong to exactly these invoices."""
        return not _SUMS.isdisjoint(self.values)


class NoticeSent(Row):
    """A notice that went out: other parts of the business count from it."""

    kind: str
    message_id: str
    channel: Channel
    at: AwareDatetime
    #: Letters: when they were handed to the post. Mail: when a mail server took it from us.
    posted_at: AwareDatetime | None = None
    #: When a receipt said that it arrived; letters: when the post is taken to have brought it.
    delivered_at: AwareDatetime | None = None
    #: It came back and no other channel was left in time: nobody may count from it.
    failed: bool = False
    #: What it was, for some weeks: the next channel takes over one that comes back.
    notice: Notice | None = None


class BadAddress(Row):
    """An address at which nobody can be reached."""

    channel: Channel
    since: AwareDatetime
    because: str


class Notices(Row):
    """By key: whoever owes a notice names it, once for ever."""

    owed: dict[str, Notice] = Field(default_factory=dict)
    sent: dict[str, NoticeSent] = Field(default_factory=dict)
    #: Key -> why it never went out: given up, or nothing was left to ask for.
    ended: dict[str, str] = Field(default_factory=dict)
    #: Digest of an address -> why nothing is sent there.
    bad_addresses: dict[str, BadAddress] = Field(default_factory=dict)
