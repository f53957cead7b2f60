"""One customer as the log tells it: who they are, what may be said to them, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tests.faults.checker.evidence import LOOK_TOPICS, instant
from tests.faults.checker.intake import Event
from tests.faults.checker.ledger import Ledger, compute

#: domain-facts D7: the codes after which the customer is written to.
CONTACT_CODES = frozenset(
    "AM04 MS02 MS03 MD01 MD06 AC01 AC04 AC06 AG01 RC01 SL01".split()  # noqa: SIM905
)
#: A link or transfer invoice is overdue for certain when it was due this long ago.
SURELY_OVERDUE = timedelta(days=2)


#: What mail servers say of an address that does not exist (RFC 5321, 4.2.3).
HARD_BOUNCES = frozenset({"smtp_550", "smtp_551", "smtp_553"})


@dataclass(slots=True)
class Person:
    """All events of one customer that took effect."""

    id: str
    events: list[Event] = field(default_factory=list)

    def of_type(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.type in types]

    def facts(self) -> dict[str, Any] | None:
        """The customer as last updated: newest `ce_time`, then `ce_id`."""
        updates = self.of_type("customer.updated.v1")
        return max(updates, key=lambda one: (one.time, one.id)).data if updates else None

    def ledger(self) -> Ledger:
        return compute(self.events)

    def flags_ever(self) -> list[frozenset[str]]:
        """The flags of each update, in no order."""
        return [
            frozenset(one.data.get("flags") or ()) for one in self.of_type("customer.updated.v1")
        ]

    def flagged(self, among: frozenset[str] | None = None) -> bool:
        """Whether each update carries a flag (one of `among`, if given): never free of it."""
        flags = self.flags_ever()
        return bool(flags) and all(
            bool(one & among) if among is not None else bool(one) for one in flags
        )

    def contact_failures(self) -> list[Event]:
        """Failed debits whose code calls for contact, of invoices that are known."""
        known = self.ledger().currency
        return [
            event
            for event in self.of_type("direct-debit.failed.v1")
            if event.data.get("reason_code") in CONTACT_CODES and event.data["invoice_id"] in known
        ]

    def stopped(self) -> bool:
        """MD07: the debtor has died; nobody is written to."""
        return any(
            event.data.get("reason_code") == "MD07"
            for event in self.of_type("direct-debit.failed.v1")
        )

    def reopened(self) -> bool:
        """Whether a payment was taken back, so that a debt stood, was gone and stands again."""
        return bool(self.of_type("payment.reversed.v1"))

    def chased(self) -> set[str]:
        """Invoices that may be reminded of."""
        by_failure = {event.data["invoice_id"] for event in self.contact_failures()}
        return by_failure | {
            event.data["invoice_id"]
            for event in self.of_type("invoice.issued.v1")
            if event.data["payment_method"] != "direct_debit" and overdue(event)
        }

    def reachable(self, purpose: str) -> bool:
        """Whether a gateway channel with an address is open for `purpose` at the end."""
        facts = self.facts() or {}
        contact = facts.get("contact") or {}
        addresses = {"sms": "mobile", "push": "push_token", "email": "email"}
        wished = (facts.get("preferences") or {}).get("channels") or addresses
        return any(
            contact.get(address)
            and channel in wished
            and not self.closed(channel, purpose)
            and channel not in self.bounced()
            for channel, address in addresses.items()
        )

    def bounced(self) -> set[str]:
        """Channels whose address turned out to be none: nothing more is sent there."""
        failures = self.of_type("message.failed.v1")
        return {
            one.data["channel"]
            for one in failures
            if str((one.data.get("detail") or {}).get("reason")) in HARD_BOUNCES
        }

    def closed(self, channel: str, purpose: str, ends: Mapping[str, int] | None = None) -> bool:
        """Whether the channel is closed by an opt-out or the newest consent.

        With `ends` only interactions before that end count, and consents must agree.
        """
        for event in self.of_type("contact.opted-out.v1"):
            known = ends is None or event.entry.offset < ends.get("interactions", 0)
            if known and event.data["channel"] == channel:
                return True
        entries = [
            one
            for one in (self.facts() or {}).get("consents") or ()
            if one["channel"] == channel and one["purpose"] == purpose
        ]
        return bool(entries) and not max(entries, key=lambda one: instant(one["at"]))["granted"]

    def hour(self, moment: datetime) -> float:
        """The local time of day in hours."""
        local = moment.astimezone(ZoneInfo((self.facts() or {}).get("timezone", "UTC")))
        return local.hour + local.minute / 60 + local.second / 3600

    def states_from(self, ends: Mapping[str, int]) -> Iterable[Ledger]:
        """Each ledger a reader may hold who has applied at least up to `ends`."""
        sure, later = [], []
        for event in self.events:
            topic = event.entry.topic
            if topic not in LOOK_TOPICS or event.entry.offset < ends.get(topic, 0):
                sure.append(event)
            else:
                later.append(event)
        by_topic: dict[str, list[Event]] = defaultdict(list)
        for event in sorted(later, key=lambda one: one.entry.offset):
            by_topic[event.entry.topic].append(event)
        invoices, payments = by_topic["invoices"], by_topic["payments"]
        for some_invoices in range(len(invoices) + 1):
            for some_payments in range(len(payments) + 1):
                yield compute([*sure, *invoices[:some_invoices], *payments[:some_payments]])


def overdue(invoice: Event) -> bool:
    """Whether an invoice was overdue on any clock when its record was written."""
    written = datetime.fromtimestamp(invoice.entry.timestamp_ms / 1000).astimezone()
    return date.fromisoformat(invoice.data["due_on"]) <= written.date() - SURELY_OVERDUE


def gather(events: Iterable[Event]) -> dict[str, Person]:
    """Everybody the log knows, applications aside."""
    people: dict[str, Person] = {}
    for event in events:
        if event.entry.topic != "applications" and event.customer:
            people.setdefault(event.customer, Person(event.customer)).events.append(event)
    return people


WindowState = Literal["open", "closed", "near"]


def window(person: Person, moment: datetime) -> WindowState:
    """Whether reminders may leave then; `near` a boundary nothing is required."""
    hour = person.hour(moment)
    if 8.25 <= hour < 20.5:
        return "open"
    return "closed" if hour < 7.5 or hour >= 21.25 else "near"
